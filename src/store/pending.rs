//! Sign-ins at an identity provider that wait for their browser, and the tickets that lead to one.
//!
//! The row decides the consumption and holds the record, because a browser may come back at a
//! location whose KV does not have it yet.

use super::batch::Batch;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::client::AuthClient;
use crate::auth::id::{AttemptId, ClientNumber};
use crate::auth::time::Timestamp;

const INSERT: &str = "insert into one_time \
       (key, kind, client_id, bound_to, payload, created_on, expires_on) \
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

// The browser's cookie and the provider are both in bound_to; a ticket is bound to nothing.
const CONSUME: &str = "update one_time set taken_by = ?2, taken_on = ?3 \
     where key = ?1 and kind = ?4 and bound_to is ?5 \
       and taken_by is null and voided_on is null and expires_on > ?3";

const CONSUMED: &str = concat!(
    "select o.payload, ",
    client_columns!(),
    " from one_time o left join auth_clients c on c.id = o.client_id and c.deleted = 0 \
     where o.key = ?1 and o.taken_by = ?2 and (o.client_id is null or c.id is not null)"
);

/// A pending sign-in or ticket about to be kept.
pub struct NewPending<'a> {
    /// The kind of one-time secret.
    pub kind: &'a str,
    /// The key of its secret.
    pub key: &'a str,
    /// The client that started it; none at the pages of this service itself.
    pub client: Option<ClientNumber>,
    /// What must accompany the secret.
    pub bound_to: Option<&'a str>,
    /// The record, as JSON.
    pub payload: &'a str,
    /// Its end.
    pub expires_on: Timestamp,
}

/// A pending sign-in or ticket as it is presented.
pub struct PendingKey<'a> {
    /// The kind of one-time secret.
    pub kind: &'a str,
    /// The key of its secret.
    pub key: &'a str,
    /// What accompanies the secret.
    pub bound_to: Option<&'a str>,
}

/// A pending sign-in or ticket that was consumed.
pub struct ConsumedPending {
    /// The record, as JSON.
    pub payload: String,
    /// The client that started it, as it is now; none at the pages of this service itself.
    pub client: Option<AuthClient>,
}

impl FromRow for ConsumedPending {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            payload: row.get("payload")?,
            client: match row.get::<Option<i64>>("id")? {
                Some(_) => Some(AuthClient::from_row(row)?),
                None => None,
            },
        })
    }
}

/// Keeps it until its end.
pub fn insert(new: &NewPending<'_>, now: Timestamp) -> Query<()> {
    let statement = sql!(
        INSERT,
        new.key,
        new.kind,
        new.client,
        new.bound_to,
        new.payload,
        now,
        new.expires_on
    );
    statement.run()
}

/// Consumes it, once; nothing if it cannot be consumed, or its client has been deleted.
pub fn consume(
    pending: &PendingKey<'_>,
    attempt: &AttemptId,
    now: Timestamp,
) -> impl Batch<Output = Option<ConsumedPending>> {
    let PendingKey {
        kind,
        key,
        bound_to,
    } = *pending;
    let consume = sql!(CONSUME, key, attempt, now, kind, bound_to).run();
    let consumed = sql!(CONSUMED, key, attempt).first();
    (consume, consumed).map(|((), consumed)| consumed)
}
