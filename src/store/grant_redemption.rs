//! How a code of the OAuth endpoints is redeemed. Its row decides, as that of an ARC code does.

use super::batch::Batch;
use super::grant_opening::Opening;
use super::grants::LiveGrant;
use super::oauth_clients::{self, ClientProof, RegisteredClient, is_proven};
use super::query::sql;
use super::row::{FromRow, Row, Unreadable};
use crate::auth::id::{ClientNumber, SessionId, UserId};
use crate::auth::time::Timestamp;

// Neither another client nor one that is not authenticated spends it. Whoever does has spent it:
// without its challenge ?6, redirect URI ?7 and key ?8 it is void. The redirect URI may be left out
// where a challenge protects the code (OAuth 2.1 §4.1.3), or the request had none.
const CONSUME: &str = concat!(
    "update one_time set taken_by = ?2, taken_on = ?3, voided_on = iif(challenge is ?6 \
         and (json_extract(payload, '$.redirect_uri') is ?7 or ?7 is null \
           and (challenge is not null or not json_extract(payload, '$.names_redirect_uri'))) \
         and (json_extract(payload, '$.jkt') is null or json_extract(payload, '$.jkt') is ?8), null, ?3) \
     where key = ?1 and kind = 'grant' and taken_by is null and voided_on is null and expires_on > ?3 \
       and not exists (select 1 from one_time used where used.key in (?4, ?5)) \
       and exists (select 1 from auth_clients c join oauth_clients r on r.client_id = c.id \
         where c.id = one_time.client_id and ",
    is_proven!("?9", "?10", "?11", "?12"),
    ")"
);

// Also after its end: the row is kept for a day.
const END_REPLAYED: &str = concat!(
    "update sessions set ended_on = ?3, ended_why = 'code replayed' \
     where ended_on is null and id = ( \
       select o.session_id from one_time o join auth_clients c on c.id = o.client_id \
       join oauth_clients r on r.client_id = c.id \
       where o.key = ?1 and o.kind = 'grant' and o.taken_by <> ?2 and ",
    is_proven!("?4", "?5", "?6", "?7"),
    ")"
);

const STATE: &str = "select o.user_id, o.client_id, o.session_id, o.taken_by is ?2 as won, \
       o.taken_by is not null as taken, json_extract(o.payload, '$.nonce') as nonce \
     from one_time o join auth_clients c on c.id = o.client_id \
     where o.key = ?1 and o.kind = 'grant' and c.client_id = ?3";

/// A code as a client presents it.
pub struct GrantRedemption<'a> {
    /// The code, and what it shall open.
    pub opening: Opening<'a>,
    /// The client as it presents itself.
    pub client: &'a ClientProof,
    /// The challenge that its verifier answers.
    pub challenge: Option<&'a str>,
    /// `redirect_uri`, if it says one.
    pub redirect_uri: Option<&'a str>,
}

/// The row of a code, after an attempt of its own client.
#[derive(Debug)]
pub struct GrantCodeState {
    /// The user it was issued for.
    pub user_id: UserId,
    /// The client it was issued to.
    pub client: ClientNumber,
    /// The session it opens, or has opened.
    pub session_id: SessionId,
    /// Whether this attempt has consumed it.
    pub won: bool,
    /// Whether any attempt has.
    pub taken: bool,
    /// The request's nonce.
    pub nonce: Option<String>,
}

/// What a redemption found and left behind.
pub struct RedeemedGrant {
    /// The client that was named.
    pub client: Option<RegisteredClient>,
    /// The code, if it is that client's.
    pub code: Option<GrantCodeState>,
    /// What it has opened.
    pub grant: Option<LiveGrant>,
}

impl FromRow for GrantCodeState {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            user_id: row.get("user_id")?,
            client: row.get("client_id")?,
            session_id: row.get("session_id")?,
            won: row.get("won")?,
            taken: row.get("taken")?,
            nonce: row.get("nonce")?,
        })
    }
}

/// Redeems a code: consumes it and opens its session, or ends the session of the attempt that consumed
/// it before.
pub fn redeem(code: &GrantRedemption<'_>, now: Timestamp) -> impl Batch<Output = RedeemedGrant> {
    let Opening {
        key, attempt, jkt, ..
    } = code.opening;
    let [one, two] = code.opening.used();
    let (challenge, uri) = (code.challenge, code.redirect_uri);
    let consume = sql!(CONSUME, key, attempt, now, one, two, challenge, uri, jkt);
    let consume = code.client.bind(consume);
    let replayed = code.client.bind(sql!(END_REPLAYED, key, attempt, now));
    let effects = (consume.run(), code.opening.open(now), replayed.run());
    let client_id = &code.client.client_id;
    let reads = (
        oauth_clients::by_client_id(client_id),
        sql!(STATE, key, attempt, client_id).first(),
        code.opening.opened(now),
    );
    (effects, reads).map(|(_, (client, code, grant))| RedeemedGrant {
        client,
        code,
        grant,
    })
}
