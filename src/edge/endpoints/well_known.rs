//! What machines ask: the public keys, and whether we are up.

use serde_json::json;

use crate::auth::caller::Caller;
use crate::config::OAuthOff;
use crate::edge::app::App;
use crate::edge::flows::administration;
use crate::error::Error;
use crate::store;
use crate::store::sweep::{self, Kept};
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::reply::Reply;

/// Short enough that a rotated key is known everywhere soon.
const JWKS_CACHE: &str = "public, max-age=300";

/// `GET /.well-known/jwks.json`: the keys that verify our tokens (RFC 7517 §5).
#[allow(clippy::unused_async)] // every handler has one shape
pub async fn jwks(app: &App, _incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let reply = Reply::json_as(
        200,
        "application/jwk-set+json",
        &app.config.token_keys.jwks(),
    )?;
    Ok(reply.with("cache-control", JWKS_CACHE))
}

/// `GET /health`: 200 while the database answers. Administrators get the number of rows of each
/// table that wait for the sweep besides, and why the OAuth endpoints are off, if they are.
pub async fn health(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    if is_administrator(app, incoming).await? {
        let backlog = app
            .db
            .run(sweep::backlog(Kept::of(&app.config), app.now))
            .await?;
        let oauth = app.config.oauth.off.map_or("on", OAuthOff::reason);
        let details = json!({ "status": "ok", "backlog": backlog, "oauth": oauth });
        return Ok(Reply::json(&details)?);
    }
    app.db.run(store::probe()).await?;
    Ok(Reply::json(&json!({ "status": "ok" }))?)
}

/// Whether the bearer is an administrator; a token that is invalid is as none.
async fn is_administrator(app: &App, incoming: &Incoming) -> Result<bool, Error> {
    let Ok(token) = incoming.bearer() else {
        return Ok(false);
    };
    match administration::administrator(app, &Caller::Bearer(token)).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind().is_server_error() => Err(error),
        Err(_) => Ok(false),
    }
}
