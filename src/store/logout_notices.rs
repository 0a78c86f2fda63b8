//! The outbox of back-channel logout: a row for each session that has ended and whose client wants to
//! hear of it. A trigger on `sessions` fills it, whoever ends the session.

use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::id::{ClientId, ClientNumber, SessionId, UserId};
use crate::auth::time::{Seconds, Timestamp};

/// How many notices one run sends.
const MOST: u32 = 30;
/// How long a run has for what it takes, before another may try.
const LEASE: Seconds = Seconds::MINUTE;

// Takes what is due, so that no two runs send the same notice at the same time.
const TAKE: &str = "update logout_notices set due_on = ?2, tries = tries + 1 where session_id in ( \
       select session_id from logout_notices where due_on <= ?1 order by due_on limit ?3) \
     returning session_id, user_id, client_id, ended_on, tries, \
       (select c.client_id from auth_clients c where c.id = logout_notices.client_id) as public_id, \
       (select r.metadata ->> '$.backchannel_logout_uri' from oauth_clients r \
         where r.client_id = logout_notices.client_id) as address, \
       (select r.metadata ->> '$.id_token_signed_response_alg' from oauth_clients r \
         where r.client_id = logout_notices.client_id) as algorithm";

const DONE: &str = "delete from logout_notices where session_id = ?1";

const LATER: &str = "update logout_notices set due_on = ?2 where session_id = ?1";

/// A notice that is due.
#[derive(Debug, PartialEq, Eq)]
pub struct LogoutNotice {
    /// The session.
    pub session_id: SessionId,
    /// Its user.
    pub user_id: UserId,
    /// Its client.
    pub client: ClientNumber,
    /// The client's public name; none if it is gone.
    pub client_id: Option<ClientId>,
    /// Where the notice goes; none if the client does not want to hear any more.
    pub address: Option<String>,
    /// The algorithm of the client's ID Tokens.
    pub algorithm: Option<String>,
    /// When the session ended.
    pub ended_on: Timestamp,
    /// How often it has been tried, this time included.
    pub tries: i64,
}

impl FromRow for LogoutNotice {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            session_id: row.get("session_id")?,
            user_id: row.get("user_id")?,
            client: row.get("client_id")?,
            client_id: row.get("public_id")?,
            address: row.get("address")?,
            algorithm: row.get("algorithm")?,
            ended_on: row.get("ended_on")?,
            tries: row.get("tries")?,
        })
    }
}

/// Takes the notices that are due, for a minute.
pub fn take(now: Timestamp) -> Query<Vec<LogoutNotice>> {
    sql!(TAKE, now, now + LEASE, MOST).all()
}

/// Deletes a notice that has arrived, or that is given up.
pub fn done(session_id: &SessionId) -> Query<()> {
    sql!(DONE, session_id).run()
}

/// Tries a notice again at another time.
pub fn later(session_id: &SessionId, due_on: Timestamp) -> Query<()> {
    sql!(LATER, session_id, due_on).run()
}
