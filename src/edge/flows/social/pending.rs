//! What waits for a browser: a pending sign-in, or the ticket that leads to one.

use futures_util::future::{join, try_join};

use crate::auth::client::AuthClient;
use crate::auth::id::{AttemptId, ClientNumber};
use crate::auth::json;
use crate::auth::one_time::OneTime;
use crate::auth::time::Seconds;
use crate::edge::app::App;
use crate::error::{Error, ErrorKind};
use crate::store::pending;

/// A record about to be kept.
pub struct PendingRecord<'a, T> {
    /// The key of its secret.
    pub key: &'a str,
    /// The client that started it; none at the pages of this service itself.
    pub client: Option<ClientNumber>,
    /// What must accompany the secret.
    pub bound_to: Option<&'a str>,
    /// What the secret leads to.
    pub record: &'a T,
}

/// Keeps a record for so many seconds.
pub async fn put<T: OneTime>(
    app: &App,
    new: &PendingRecord<'_, T>,
    lifetime: Seconds,
) -> Result<(), Error> {
    let payload = serde_json::to_string(new.record)
        .map_err(|error| ErrorKind::Internal(format!("sign-in record: {error}")))?;
    let row = pending::NewPending {
        kind: T::KIND,
        key: new.key,
        client: new.client,
        bound_to: new.bound_to,
        payload: &payload,
        expires_on: app.now + lifetime,
    };
    try_join(
        app.db.run(pending::insert(&row, app.now)),
        app.kv.put(new.key, new.record, lifetime),
    )
    .await
    .map(drop)
}

/// Consumes a record, once, with the client that started it, if one did. The row has what this location's KV does
/// not have yet.
pub async fn consume<T: OneTime>(
    app: &App,
    key: &str,
    bound_to: Option<&str>,
) -> Result<Option<(T, Option<AuthClient>)>, Error> {
    let attempt = AttemptId::draw()?;
    let presented = pending::PendingKey {
        kind: T::KIND,
        key,
        bound_to,
    };
    let (consumed, remembered) = join(
        app.db.run(pending::consume(&presented, &attempt, app.now)),
        app.kv.get::<T>(key),
    )
    .await;
    let Some(consumed) = consumed? else {
        return Ok(None);
    };
    let record = match remembered {
        Ok(Some(record)) => record,
        _ => json::read(consumed.payload.as_bytes())
            .map_err(|error| ErrorKind::Internal(format!("sign-in record: {error}")))?,
    };
    Ok(Some((record, consumed.client)))
}
