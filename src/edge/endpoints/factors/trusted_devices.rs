//! The devices in which a user's sign-ins need no second step for a while.

use serde_json::{Value, json};

use crate::auth::token::iso8601;
use crate::edge::app::App;
use crate::edge::flows::factors::trusted_devices;
use crate::error::ErrorKind;
use crate::store::trusted_devices::TrustedDevice;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::reply::Reply;

/// `GET /auth/me/trusted-devices`.
pub async fn list(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let devices = trusted_devices::list(app, &incoming.bearer()?).await?;
    let devices: Vec<Value> = devices.iter().map(device).collect();
    Ok(Reply::json(&devices)?)
}

fn device(row: &TrustedDevice) -> Value {
    json!({
        "id": row.id,
        "userAgent": row.user_agent,
        "country": row.country,
        "createdOn": iso8601(row.created_on),
        "lastUsedOn": iso8601(row.last_used_on),
        "expiresOn": iso8601(row.expires_on),
    })
}

/// `DELETE /auth/me/trusted-devices/{id}`.
pub async fn revoke(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let id = incoming.id();
    if trusted_devices::revoke(app, &incoming.bearer()?, id).await? {
        return Ok(Reply::empty(204));
    }
    let (entity, id) = ("TrustedDevice", id.to_owned());
    Err(ErrorKind::NoSuchRow { entity, id }.into())
}
