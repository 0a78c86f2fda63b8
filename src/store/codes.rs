//! Authorization codes: their redemption, which the row of a code decides.
//!
//! A batch cannot branch, so its statements are chained by a random attempt id: the attempt that the
//! first statement wrote into the row gets the session, every other one ends it (RFC 6749 §4.1.2).

use super::accounts::account_columns;
use super::batch::Batch;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use super::sessions::{LiveSession, insert_session, live_sessions, set_last_login};
use crate::auth::id::{AttemptId, ClientId, ClientNumber, SessionId, UserId};
use crate::auth::time::Timestamp;

// Another client does not spend it; neither does its own client after a change of `secret`.
const CONSUME: &str = "update one_time set taken_by = ?2, taken_on = ?4 \
     where key = ?1 and kind = 'code' and taken_by is null and voided_on is null and expires_on > ?4 \
       and exists (select 1 from auth_clients c where c.id = one_time.client_id \
         and c.client_id = ?3 and c.deleted = 0 \
         and c.secret_digest = one_time.client_secret_digest)";

const OPEN_SESSION: &str = concat!(
    insert_session!(
        "o.session_id",
        "o.method",
        "o.provider_session",
        "o.payload",
        "?6",
        "o.aal, o.amr, o.auth_time, o.user_agent, o.country, o.browser_id, o.factor_id"
    ),
    "from one_time o join live_members m on m.user_id = o.user_id and m.client_id = o.client_id \
     where o.key = ?1 and o.taken_by = ?2 and o.challenge is ?3"
);

const LAST_LOGIN: &str = set_last_login!(
    "(select session_id from one_time where key = ?1 and taken_by = ?2)",
    "?3"
);

const END_REPLAYED: &str = "update sessions set ended_on = ?4, ended_why = 'code replayed' \
     where ended_on is null and id = ( \
       select o.session_id from one_time o join auth_clients c on c.id = o.client_id \
       where o.key = ?1 and o.kind = 'code' and o.taken_by <> ?2 and c.client_id = ?3)";

const STATE: &str = "select \
       exists (select 1 from auth_clients where client_id = ?3 and deleted = 0) as known_client, \
       c.id is not null as good_client, \
       o.taken_by is not null as taken, o.taken_by is ?2 as won, \
       o.voided_on is not null as voided, coalesce(o.expires_on <= ?4, 0) as expired, \
       coalesce(o.kind = 'mfa', 0) as waits, o.user_id, o.client_id, o.session_id \
     from (select 1) left join one_time o on o.key = ?1 \
     left join auth_clients c on c.id = o.client_id and c.client_id = ?3 and c.deleted = 0 \
       and c.secret_digest = o.client_secret_digest";

const SESSION: &str = concat!(
    live_sessions!(),
    "and s.id = (select session_id from one_time where key = ?1 and taken_by = ?2) \
     and s.expires_on > ?3"
);

const REPLACE: &str = "update sessions set ended_on = ?3, ended_why = 'signed in anew' \
     where id = ?1 and ended_on is null and exists (select 1 from sessions n \
       where n.id = (select o.session_id from one_time o where o.key = ?2) and n.ended_on is null)";

/// A code as a client presents it.
pub struct Redemption<'a> {
    /// The key of its secret.
    pub key: &'a str,
    /// Drawn for this attempt.
    pub attempt: &'a AttemptId,
    /// The client that presents it.
    pub client_id: &'a ClientId,
    /// The challenge that the verifier answers.
    pub challenge: Option<&'a str>,
    /// Digest of the device that presents it.
    pub device: Option<&'a str>,
    /// The absolute end of the session.
    pub session_expires_on: Timestamp,
}

/// What a redemption found.
pub struct CodeState {
    /// Whether the client exists.
    pub known_client: bool,
    /// Whether the code is there, of this client, under the client's present `secret`.
    pub good_client: bool,
    /// Whether any attempt has consumed it.
    pub taken: bool,
    /// Whether this attempt has.
    pub won: bool,
    /// Whether a password change voided it.
    pub voided: bool,
    /// Whether its time is over.
    pub expired: bool,
    /// Whether it is no code yet: it waits for its second factor.
    pub waits: bool,
    /// The user it was issued for.
    pub user_id: Option<UserId>,
    /// The client it was issued to.
    pub client: Option<ClientNumber>,
    /// The session it opens, or has opened.
    pub session_id: Option<SessionId>,
}

impl FromRow for CodeState {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            known_client: row.get("known_client")?,
            good_client: row.get("good_client")?,
            taken: row.get("taken")?,
            won: row.get("won")?,
            voided: row.get("voided")?,
            expired: row.get("expired")?,
            waits: row.get("waits")?,
            user_id: row.get("user_id")?,
            client: row.get("client_id")?,
            session_id: row.get("session_id")?,
        })
    }
}

/// Ends a session in the place of which a code has opened one.
pub fn replace(id: &SessionId, code: &str, now: Timestamp) -> Query<()> {
    sql!(REPLACE, id, code, now).run()
}

/// Redeems a code: consumes it and opens its session, or ends the session of the attempt that
/// consumed it before.
pub fn redeem(
    code: &Redemption<'_>,
    now: Timestamp,
) -> impl Batch<Output = (CodeState, Option<LiveSession>)> {
    let (key, attempt, client) = (code.key, code.attempt, code.client_id);
    let open = sql!(
        OPEN_SESSION,
        key,
        attempt,
        code.challenge,
        now,
        code.device,
        code.session_expires_on
    );
    let batch = (
        sql!(CONSUME, key, attempt, client, now).run(),
        open.run(),
        sql!(LAST_LOGIN, key, attempt, now).run(),
        sql!(END_REPLAYED, key, attempt, client, now).run(),
        sql!(STATE, key, attempt, client, now).one(),
        sql!(SESSION, key, attempt, now).first(),
    );
    batch.map(|((), (), (), (), state, session)| (state, session))
}
