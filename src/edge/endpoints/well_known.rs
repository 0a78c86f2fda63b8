//! What machines ask: the public keys, and whether we are up.

use serde_json::json;

use crate::edge::app::App;
use crate::edge::store::db::sql;
use crate::error::Error;
use crate::wire::incoming::Incoming;
use crate::wire::reply::Reply;

/// Short enough that a rotated key is known everywhere soon.
const JWKS_CACHE: &str = "public, max-age=300";

/// `GET /.well-known/jwks.json`: the keys that verify our tokens (RFC 7517 §5).
#[allow(clippy::unused_async)] // every handler has one shape
pub async fn jwks(app: &App, _incoming: &Incoming) -> Result<Reply, Error> {
    let reply = Reply::json_as(
        200,
        "application/jwk-set+json",
        &app.config.token_keys.jwks(),
    )?;
    Ok(reply.with("cache-control", JWKS_CACHE))
}

/// `GET /health`: 200 while the database answers.
pub async fn health(app: &App, _incoming: &Incoming) -> Result<Reply, Error> {
    app.db.all(sql!("select 1")).await?;
    Reply::json(&json!({ "status": "ok" }))
}
