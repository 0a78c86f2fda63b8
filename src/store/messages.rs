//! Messages sent in the last hour, and how many may be.
//!
//! An invitation goes to an address without an account, so a caller without credentials can request as
//! many as there are addresses. It is limited by every message that was sent; a message to an account's
//! owner only by others of its kind, so that made-up addresses keep no owner from a link.

use super::batch::Batch;
use super::hourly_counts::{count_where, hour_of};
use super::query::sql;
use crate::auth::id::AttemptId;
use crate::auth::time::{Seconds, Timestamp};

/// Messages of a kind that one mailbox gets in an hour.
const PER_MAILBOX: u32 = 3;
/// Messages that one domain gets in an hour.
const PER_DOMAIN: u32 = 60;
/// What a message that is held back is counted as.
const HELD_BACK: &str = "message held back";

const INSERT: &str = "insert into messages_sent (id, kind, recipient, domain, sent_on) \
     select ?1, ?2, ?3, ?4, ?5 \
     where (select count(*) from messages_sent \
         where recipient = ?3 and kind = ?2 and sent_on > ?6) < ?7 \
       and (?4 is null or (select count(*) from messages_sent \
         where domain = ?4 and sent_on > ?6 and (?2 = 'sign-up' or kind <> 'sign-up')) < ?8) \
       and (?9 is null or (select count(*) from messages_sent \
         where sent_on > ?6 and (?2 = 'sign-up' or kind <> 'sign-up')) < ?9)";

const COUNT_IF_HELD_BACK: &str =
    count_where!("not exists (select 1 from messages_sent where id = ?3)");

/// A message about to be sent, as it is counted.
pub struct NewMessage<'a> {
    /// Drawn for this attempt.
    pub attempt: &'a AttemptId,
    /// What it is about.
    pub kind: &'a str,
    /// What its mailbox is counted under: an HMAC, since an address may be a password in the wrong
    /// field.
    pub recipient: String,
    /// The domain, if its limit holds.
    pub domain: Option<&'a str>,
    /// Messages an hour to all mailboxes together, if that is limited.
    pub per_hour: Option<u32>,
}

/// Counts a message and lets it go, unless one of the limits is reached: then it is counted as held
/// back.
pub fn count(message: &NewMessage<'_>, now: Timestamp) -> impl Batch<Output = bool> {
    let insert = sql!(
        INSERT,
        message.attempt,
        message.kind,
        &message.recipient,
        message.domain,
        now,
        now - Seconds::HOUR,
        PER_MAILBOX,
        PER_DOMAIN,
        message.per_hour
    );
    let held_back = sql!(COUNT_IF_HELD_BACK, hour_of(now), HELD_BACK, message.attempt);
    (insert.changes(), held_back.run()).map(|(counted, ())| counted > 0)
}
