//! D1: sign-ins elsewhere that wait for their browser, and the tickets that lead to one.
//!
//! Besides deciding who takes it, the row holds the record, because a browser may come back in a
//! place where KV does not know it yet.

use serde::Deserialize;

use super::clients::{ClientRow, client_columns};
use super::db::{Db, sql};
use crate::auth::client::AuthClient;
use crate::auth::one_time::OneTime;
use crate::error::Error;

const INSERT: &str = "insert into one_time \
       (key, kind, client_id, bound_to, payload, created_on, expires_on) \
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

// The browser's cookie and the provider are both in bound_to; a ticket is bound to nothing.
const TAKE: &str = "update one_time set taken_by = ?2, taken_on = ?3 \
     where key = ?1 and kind = ?4 and bound_to is ?5 \
       and taken_by is null and voided_on is null and expires_on > ?3";

const TAKEN: &str = concat!(
    "select o.payload, ",
    client_columns!(),
    " from one_time o join auth_clients c on c.id = o.client_id and c.deleted = 0 \
     where o.key = ?1 and o.taken_by = ?2"
);

/// A sign-in or ticket about to be remembered.
pub struct Waiting<'a, T> {
    /// The key of its secret.
    pub key: &'a str,
    /// The client's number that asked.
    pub client: i64,
    /// What must come along with the secret.
    pub bound_to: Option<&'a str>,
    /// What it leads to.
    pub record: &'a T,
}

/// A sign-in or ticket that was taken.
pub struct Taken {
    /// The record, as JSON.
    pub payload: String,
    /// The client that asked, as it is now.
    pub client: AuthClient,
}

/// Lets it be taken until its end.
pub async fn insert<T: OneTime>(
    db: &Db,
    new: &Waiting<'_, T>,
    expires_on: i64,
    now: i64,
) -> Result<(), Error> {
    let payload = serde_json::to_string(new.record)
        .map_err(|error| Error::Internal(format!("sign-in record: {error}")))?;
    let statement = sql!(
        INSERT,
        new.key,
        T::KIND,
        new.client,
        new.bound_to,
        &payload,
        now,
        expires_on
    );
    db.all(statement).await.map(drop)
}

/// Takes it, once; nothing if it cannot be taken, or the client that asked is no more.
pub async fn take(
    db: &Db,
    kind: &str,
    key: &str,
    attempt: &str,
    bound_to: Option<&str>,
    now: i64,
) -> Result<Option<Taken>, Error> {
    #[derive(Deserialize)]
    struct Row {
        payload: String,
        #[serde(flatten)]
        client: ClientRow,
    }
    let answers = db
        .batch([
            sql!(TAKE, key, attempt, now, kind, bound_to),
            sql!(TAKEN, key, attempt),
        ])
        .await?;
    Ok(answers.row::<Row>(1)?.map(|row| Taken {
        payload: row.payload,
        client: row.client.into(),
    }))
}
