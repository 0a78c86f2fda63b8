//! How the refresh tokens of OAuth clients are used, and given up: by the client that holds the grant.

use super::batch::Batch;
use super::ended_session::EndedSession;
use super::grants::{self, LiveGrant};
use super::oauth_clients::{self, ClientProof, RegisteredClient, is_proven};
use super::query::{Query, sql};
use super::refresh_tokens::RefreshAttempt;
use super::sessions::Owner;
use crate::auth::id::SessionId;
use crate::auth::oauth::one_use::OneUse;
use crate::auth::session::SessionState;
use crate::auth::time::Timestamp;

/// The session ?1 may be refreshed at ?2 with the number ?3 and the retry window ?4, by the client that
/// presents itself (?8 to ?11). A public one has to prove the key (?5) that its grant is bound to (RFC
/// 9449 §5). What is good for one use (?6, ?7) has not been used. Number and window are compared with 0
/// only so that every statement has the same parameters.
macro_rules! refreshable {
    () => {
        concat!(
            "id = ?1 and ended_on is null and expires_on > ?2 and ?3 >= 0 and ?4 >= 0 and exists ( \
               select 1 from grants g cross join live_members m \
               cross join auth_clients c on c.id = m.client_id \
               cross join oauth_clients r on r.client_id = c.id \
               where g.session_id = ?1 and m.user_id = sessions.user_id \
                 and m.client_id = sessions.client_id \
                 and ?2 < sessions.last_used_on + 1000 * c.refresh_token_expiration \
                 and (g.jkt is null or ?9 <> 'none' or g.jkt is ?5) and ",
            is_proven!("?8", "?9", "?10", "?11"),
            ") and not exists (select 1 from one_time where key in (?6, ?7)) "
        )
    };
}

const STATE: &str = "select s.user_id, s.client_id, s.refresh_n, s.refreshed_on, s.last_used_on, s.expires_on, \
       s.ended_on, s.device, c.refresh_token_expiration, \
       exists (select 1 from live_members m where m.user_id = s.user_id and m.client_id = s.client_id) as live \
     from sessions s join auth_clients c on c.id = s.client_id \
     where s.id = ?1 and c.client_id = ?2";

const THEFT: &str = concat!(
    "update sessions set ended_on = ?2, ended_why = 'refresh theft' \
     where refresh_n > ?3 and not (refresh_n = ?3 + 1 and ?2 < refreshed_on + ?4) and ",
    refreshable!()
);

const ROTATE: &str = concat!(
    "update sessions set refresh_n = refresh_n + 1, refreshed_on = ?2, last_used_on = ?2 \
     where refresh_n = ?3 and ",
    refreshable!()
);

const RENEW: &str = concat!(
    "update sessions set last_used_on = ?2 where ",
    refreshable!()
);

// Only what has led to tokens is remembered: strangers leave no rows.
const USE: &str = "insert into one_time (key, kind, created_on, expires_on) \
     select ?1, 'jti', ?2, ?3 where exists (select 1 from sessions where id = ?4 and last_used_on = ?2) \
     on conflict do nothing";

const END: &str = concat!(
    "update sessions set ended_on = ?2, ended_why = 'token revoked' \
     where id = ?1 and ended_on is null and exists ( \
       select 1 from grants g cross join auth_clients c on c.id = sessions.client_id \
       cross join oauth_clients r on r.client_id = c.id where g.session_id = ?1 and ",
    is_proven!("?3", "?4", "?5", "?6"),
    ") returning id, user_id, client_id, method, provider_token"
);

/// A refresh as an OAuth client asks for it.
pub struct GrantRefresh<'a> {
    /// The session, the refresh token's number and the retry window.
    pub attempt: RefreshAttempt<'a>,
    /// The client as it presents itself.
    pub client: &'a ClientProof,
    /// The thumbprint of the key that was proven.
    pub jkt: Option<&'a str>,
    /// What must not have been used before.
    pub uses: [Option<&'a OneUse>; 2],
}

/// What a refresh found and left behind.
pub struct RefreshedGrant {
    /// The client that was named.
    pub client: Option<RegisteredClient>,
    /// The session before, if it is that client's.
    pub before: Option<(SessionState, Owner)>,
    /// Whether the row moved.
    pub moved: bool,
    /// The session after, if it may be used.
    pub grant: Option<LiveGrant>,
}

/// Refreshes with a token that rotates: ends a stolen session, moves an honest one on.
pub fn rotate(ask: &GrantRefresh<'_>, now: Timestamp) -> impl Batch<Output = RefreshedGrant> {
    let (id, jkt, [one, two]) = (ask.attempt.session_id, ask.jkt, ask.keys());
    let (n, window) = (ask.attempt.n, ask.attempt.window.millis());
    let theft = sql!(THEFT, id, now, n, window, jkt, one, two);
    let rotate = sql!(ROTATE, id, now, n, window, jkt, one, two);
    let moves = (
        ask.client.bind(theft).run(),
        ask.client.bind(rotate).changes(),
    );
    (ask.before(), moves, ask.after(now)).map(|((client, before), ((), moved), grant)| {
        RefreshedGrant {
            client,
            before,
            moved: moved > 0,
            grant,
        }
    })
}

/// Refreshes with a token that does not rotate: its number does not matter.
pub fn renew(ask: &GrantRefresh<'_>, now: Timestamp) -> impl Batch<Output = RefreshedGrant> {
    let (id, jkt, [one, two]) = (ask.attempt.session_id, ask.jkt, ask.keys());
    let (n, window) = (ask.attempt.n, ask.attempt.window.millis());
    let renew = sql!(RENEW, id, now, n, window, jkt, one, two);
    let renew = ask.client.bind(renew).changes();
    (ask.before(), renew, ask.after(now)).map(|((client, before), moved, grant)| {
        let moved = moved > 0;
        RefreshedGrant {
            client,
            before,
            moved,
            grant: grant.filter(|_| moved),
        }
    })
}

impl GrantRefresh<'_> {
    fn keys(&self) -> [Option<&str>; 2] {
        self.uses.map(|used| used.map(|used| used.key.as_str()))
    }

    fn before(
        &self,
    ) -> impl Batch<Output = (Option<RegisteredClient>, Option<(SessionState, Owner)>)> + use<>
    {
        let client_id = &self.client.client_id;
        let state = sql!(STATE, self.attempt.session_id, client_id).first();
        (oauth_clients::by_client_id(client_id), state)
    }

    /// Remembers what was used, and reads the session.
    fn after(&self, now: Timestamp) -> impl Batch<Output = Option<LiveGrant>> + use<> {
        let id = self.attempt.session_id;
        let uses = self.uses.into_iter().flatten();
        let uses: Vec<_> = uses
            .map(|used| sql!(USE, &used.key, now, used.expires_on, id).run())
            .collect();
        (uses, grants::live(id, now)).map(|(_, grant)| grant)
    }
}

/// Ends the session of a token that its own client revokes (RFC 7009 §2.1).
pub fn revoke(id: &SessionId, proof: &ClientProof, now: Timestamp) -> Query<Option<EndedSession>> {
    proof.bind(sql!(END, id, now)).first()
}
