//! Links that work once (password reset, sign-up).

use super::batch::Batch;
use super::messages::{self, NewMessage};
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::id::{ClientNumber, UserId};
use crate::auth::time::{Seconds, Timestamp};

/// A newer request leaves a link alone for so long. A request needs no credentials, so it must not
/// void a link that its recipient has requested; no mailbox has more than three such links, because
/// it gets no more messages in that time.
const KEPT: Seconds = Seconds::HOUR;

// A link to an address that the user no longer has is voided at once.
const VOID_OLDER: &str = "update one_time set voided_on = ?4 \
     where kind = ?2 and (recipient = ?3 or user_id = ?5) and taken_by is null and voided_on is null \
       and (recipient is not ?3 or created_on <= ?4 - ?6) \
       and exists (select 1 from messages_sent where id = ?1)";

const INSERT: &str = "insert into one_time \
       (key, kind, user_id, client_id, recipient, created_on, expires_on, payload) \
     select ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 \
     where exists (select 1 from messages_sent where id = ?1)";

const STATE: &str = "select client_id, recipient, created_on, expires_on, \
       taken_by is not null as taken, voided_on is not null as voided \
     from one_time where key = ?1";

/// A link about to be sent.
pub struct NewLink<'a> {
    /// The message that it goes with.
    pub message: NewMessage<'a>,
    /// The key of its secret.
    pub key: &'a str,
    /// The kind of one-time thing.
    pub kind: &'a str,
    /// Whose password it changes.
    pub user_id: Option<&'a UserId>,
    /// The client's number that asked.
    pub client: Option<ClientNumber>,
    /// The folded address it goes to.
    pub recipient: &'a str,
    /// What else its use needs.
    pub payload: Option<&'a str>,
    /// Its end.
    pub expires_on: Timestamp,
}

/// A link as its row says.
#[derive(Debug)]
pub struct Link {
    /// The client's number that asked.
    pub client_id: Option<ClientNumber>,
    /// The folded address it went to.
    pub recipient: Option<String>,
    /// When it was made.
    pub created_on: Timestamp,
    /// Its end.
    pub expires_on: Timestamp,
    taken: bool,
    voided: bool,
}

impl FromRow for Link {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            client_id: row.get("client_id")?,
            recipient: row.get("recipient")?,
            created_on: row.get("created_on")?,
            expires_on: row.get("expires_on")?,
            taken: row.get("taken")?,
            voided: row.get("voided")?,
        })
    }
}

impl Link {
    /// Whether it has been used.
    pub const fn is_used(&self) -> bool {
        self.taken
    }

    /// Whether it may be used still.
    pub fn is_good(&self, now: Timestamp) -> bool {
        !self.taken && !self.voided && now < self.expires_on
    }
}

/// Counts a message, voids the older links to the same address or user and makes the new one, or does
/// nothing at all where the message is held back; says whether it may go.
pub fn offer(link: &NewLink<'_>, now: Timestamp) -> impl Batch<Output = bool> {
    let attempt = link.message.attempt;
    let void_older = sql!(
        VOID_OLDER,
        attempt,
        link.kind,
        link.recipient,
        now,
        link.user_id,
        KEPT.millis()
    );
    let insert = sql!(
        INSERT,
        attempt,
        link.key,
        link.kind,
        link.user_id,
        link.client,
        link.recipient,
        now,
        link.expires_on,
        link.payload
    );
    let batch = (
        messages::count(&link.message, now),
        void_older.run(),
        insert.run(),
    );
    batch.map(|(counted, (), ())| counted)
}

/// A link, without using it.
pub fn look(key: &str) -> Query<Option<Link>> {
    sql!(STATE, key).first()
}
