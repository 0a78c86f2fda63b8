//! The outbox: events that triggers have written down, on their way to a webhook. At least once, and those
//! of one subject in their order.

use super::batch::Batch;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::id::AttemptId;
use crate::auth::time::Timestamp;

/// How many events one run has in hand at once.
const HELD: u32 = 20;

const WANT: &str = "insert into events_wanted (id, since) values (1, ?1) on conflict do nothing";
const UNWANT: &str = "delete from events_wanted where id = 1";
const ARE_WANTED: &str = "select exists (select 1 from events_wanted where id = 1)";

// An event waits until those before it, of the same subject, are delivered or given up.
const TAKE: &str = "update outbox set attempt = ?1, held_until = ?3, tries = tries + 1 \
     where seq in (select o.seq from outbox o \
       where o.delivered_on is null and o.failed_on is null and o.next_on <= ?2 and o.held_until <= ?2 \
         and not exists (select 1 from outbox e where e.subject = o.subject and e.seq < o.seq \
           and e.delivered_on is null and e.failed_on is null) \
       order by o.next_on limit ?4) \
     returning id, kind, data, created_on, tries";

const DELIVERED: &str = "update outbox set delivered_on = ?3, attempt = null, last_error = null \
     where id = ?1 and attempt = ?2";

// What waits behind it waits as long, so that no run looks at it before.
const LATER: &str = "update outbox set next_on = max(next_on, ?3), held_until = 0, attempt = null \
     where delivered_on is null and failed_on is null \
       and subject = (select subject from outbox where id = ?1 and attempt = ?2)";

const WHY: &str = "update outbox set last_error = ?3 where id = ?1 and attempt = ?2";

const GIVEN_UP: &str =
    "update outbox set failed_on = ?3, attempt = null where id = ?1 and attempt = ?2";

const RESEND: &str = "update outbox set delivered_on = null, failed_on = null, last_error = null, \
       tries = 0, next_on = ?2, created_on = ?2, held_until = 0, attempt = null \
     where id = ?1 and (delivered_on is not null or failed_on is not null) returning 1";

/// An event that a run has in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEvent {
    /// Its id, by which the receiver knows a repeated one.
    pub id: String,
    /// What happened.
    pub kind: String,
    /// To what, as JSON.
    pub data: String,
    /// When.
    pub created_on: Timestamp,
    /// How often it has been tried, this time included.
    pub tries: i64,
}

impl FromRow for OutboxEvent {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("id")?,
            kind: row.get("kind")?,
            data: row.get("data")?,
            created_on: row.get("created_on")?,
            tries: row.get("tries")?,
        })
    }
}

/// Whether events are written down.
pub fn are_wanted() -> Query<(bool,)> {
    sql!(ARE_WANTED).one()
}

/// Has events written down from now on, or no more.
pub fn want(wanted: bool, now: Timestamp) -> Query<()> {
    if wanted {
        sql!(WANT, now).run()
    } else {
        sql!(UNWANT).run()
    }
}

/// Takes what is due into one run's hands until a time; no other run has it then.
pub fn take(attempt: &AttemptId, now: Timestamp, until: Timestamp) -> Query<Vec<OutboxEvent>> {
    sql!(TAKE, attempt, now, until, HELD).all()
}

/// An event was delivered.
pub fn delivered(id: &str, attempt: &AttemptId, now: Timestamp) -> Query<()> {
    sql!(DELIVERED, id, attempt, now).run()
}

/// An event could not be delivered: it is tried again at a time, or given up.
pub fn not_delivered(
    id: &str,
    attempt: &AttemptId,
    why: &str,
    next: Option<Timestamp>,
    now: Timestamp,
) -> impl Batch<Output = ()> + use<> {
    let why = sql!(WHY, id, attempt, why).run();
    let then = match next {
        Some(next) => sql!(LATER, id, attempt, next).run(),
        None => sql!(GIVEN_UP, id, attempt, now).run(),
    };
    (why, then).map(|((), ())| ())
}

/// Has an event sent again that was delivered or given up; whether there is one.
pub fn resend(id: &str, now: Timestamp) -> Query<Option<(i64,)>> {
    sql!(RESEND, id, now).first()
}
