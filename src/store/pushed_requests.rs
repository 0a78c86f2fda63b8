//! Pushed authorization requests (RFC 9126): kept for a while, and used up by the code they lead to.

use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::id::{ClientId, ClientNumber};
use crate::auth::time::Timestamp;

const INSERT: &str = "insert into one_time (key, kind, client_id, recipient, payload, created_on, expires_on) \
     values (?1, 'par', ?2, ?6, ?3, ?4, ?5)";

const LOOK: &str = "select o.payload from one_time o join auth_clients c on c.id = o.client_id \
     where o.key = ?1 and o.kind = 'par' and o.taken_by is null and o.expires_on > ?3 \
       and c.client_id = ?2 and o.recipient = ?2 and c.deleted = 0";

/// A request about to be kept.
pub struct NewPushedRequest<'a> {
    /// The key of its secret.
    pub key: &'a str,
    /// The client that has pushed it.
    pub client: ClientNumber,
    /// Its name.
    pub client_id: &'a ClientId,
    /// Its parameters, as JSON.
    pub payload: &'a str,
    /// Its end.
    pub expires_on: Timestamp,
}

/// A kept request.
#[derive(Debug, PartialEq, Eq)]
pub struct PushedRequest {
    /// Its parameters, as JSON.
    pub payload: String,
}

impl FromRow for PushedRequest {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            payload: row.get("payload")?,
        })
    }
}

/// Keeps a request.
pub fn insert(new: &NewPushedRequest<'_>, now: Timestamp) -> Query<()> {
    sql!(
        INSERT,
        new.key,
        new.client,
        new.payload,
        now,
        new.expires_on,
        new.client_id
    )
    .run()
}

/// The request of a key, for the client that pushed it, unless it is used up or over. Looking spends
/// nothing.
pub fn look(key: &str, client_id: &ClientId, now: Timestamp) -> Query<Option<PushedRequest>> {
    sql!(LOOK, key, client_id, now).first()
}
