//! `/.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`: one document.

use crate::auth::oauth::discovery::Provider;
use crate::config::Registration;
use crate::edge::app::App;
use crate::wire::incoming::Incoming;
use crate::wire::oauth::failure::OAuthFailure;
use crate::wire::reply::Reply;

/// As long as the keys.
const CACHE: &str = "public, max-age=300";
/// The languages of the pages.
const LOCALES: [&str; 2] = ["en", "de"];

/// What this provider offers.
#[allow(clippy::unused_async)] // every handler has one shape
pub async fn document(app: &App, _incoming: &Incoming) -> Result<Reply, OAuthFailure> {
    let settings = app.config.oauth.on()?;
    let provider = Provider {
        issuer: settings.issuer(),
        signing: &app.config.token_keys.algorithms(),
        of_resources: &settings.scopes,
        registers: !matches!(settings.registration, Registration::Off),
        locales: &LOCALES,
    };
    let reply = Reply::json(&provider.document())?;
    Ok(reply.with("cache-control", CACHE))
}
