//! What OAuth needs to know of a client, as an administrator changes it.

use serde_json::{Value, json};

use super::access::{self, Access};
use super::trail::act_of;
use crate::auth::caller::Caller;
use crate::auth::id::ClientNumber;
use crate::auth::management::resource::AUTH_CLIENTS;
use crate::auth::oauth::client::metadata::ClientMetadata;
use crate::auth::secret::{Secret, random_secret};
use crate::edge::app::App;
use crate::edge::flows::audit::{Act, Managed};
use crate::error::Error;
use crate::store::Batch;
use crate::store::client_registrations::{self, Registration};
use crate::store::oauth_clients;

/// Writes it; whether the client exists, and is an operator's. The secret of one that keeps none is from then
/// on one that nobody has.
pub async fn put(
    app: &App,
    caller: &Caller,
    client: ClientNumber,
    metadata: &ClientMetadata,
) -> Result<bool, Error> {
    let nobodys = metadata
        .client
        .is_public()
        .then(random_secret)
        .transpose()?;
    let digest = nobodys.as_ref().map(Secret::digest);
    let registration = Registration {
        secret_digest: digest.as_deref(),
        ..Registration::default()
    };
    let put = client_registrations::put(client, metadata, &registration, app.now);
    let after = Value::Object(metadata.to_members());
    change(app, caller, client, after, put).await
}

/// Takes a client out of OAuth; whether it was in it.
pub async fn delete(app: &App, caller: &Caller, client: ClientNumber) -> Result<bool, Error> {
    let delete = client_registrations::delete(client);
    let deleted = change(app, caller, client, Value::Null, delete).await?;
    Ok(deleted > 0)
}

async fn change<T>(
    app: &App,
    caller: &Caller,
    client: ClientNumber,
    after: Value,
    change: impl Batch<Output = T>,
) -> Result<T, Error> {
    let access = Access::to(&AUTH_CLIENTS, AUTH_CLIENTS.update, "");
    let manager = access::writer(app, caller, access).await?;
    let before = oauth_clients::by_number(client);
    let (before, changed) = app.db.run((before, change)).await?;
    let before = before.map(|(client, display)| ClientMetadata {
        client: client.oauth,
        display,
    });
    let managed = Managed {
        tenant: None,
        target: Some(client.to_string()),
        client: Some(client.get()),
        detail: json!({ "before": before.map(|before| before.to_members()), "after": after }),
    };
    act_of(app, &manager, "client-oauth", Act::Changed, managed);
    Ok(changed)
}
