//! What a provider ends, ends here.

use super::failure::log_and_map;
use crate::auth::federation::flow::apple_event::{AppleEvent, AppleEventProof};
use crate::auth::federation::flow::logout_token::{LogoutTokenProof, ProviderLogout};
use crate::auth::federation::{Provider, ProviderFailure};
use crate::auth::id::AttemptId;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, Stranger};
use crate::edge::log;
use crate::edge::outbound::identity_provider::{endpoints, verify};
use crate::error::Error;
use crate::store::provider_logouts;

/// Ends the sessions that a logout token names, once (OpenID Connect Back-Channel Logout 1.0 §2.7).
/// One that names none of ours is good all the same.
pub async fn end_by_logout_token(
    app: &App,
    provider: Provider,
    token: &Secret,
) -> Result<(), Error> {
    let ended = end(app, provider, token).await;
    ended.map_err(|failure| refused(app, "signing out by", provider, failure))
}

fn refused(app: &App, what: &str, provider: Provider, failure: ProviderFailure) -> Error {
    if !failure.error.kind().is_server_error() {
        audit::count(app, Stranger::RefusedLogoutToken);
    }
    log_and_map(app, what, provider, failure)
}

/// What somebody has done with an account at Apple, once: an identity that is gone there goes here, with what
/// came by it; the rest is noted.
pub async fn take_apple_event(app: &App, body: &str) -> Result<(), Error> {
    let taken = take(app, body).await;
    taken.map_err(|failure| refused(app, "a notification of", Provider::Apple, failure))
}

async fn take(app: &App, body: &str) -> Result<(), ProviderFailure> {
    let config = app.config.social.provider(Provider::Apple)?;
    let endpoints = endpoints(&config.source, &app.deadline).await?;
    let (token, proof) = AppleEventProof::read(config, endpoints, body)?;
    let signed = verify(token, &proof.keys, &app.deadline).await?;
    let AppleEvent { logout, change } = proof.check(signed, app.now)?;
    log::note(&format!("a notification of Apple: {}", change.name()));
    match logout.forgets {
        true => end_sessions(app, &logout).await,
        false => Ok(()),
    }
}

async fn end(app: &App, provider: Provider, token: &Secret) -> Result<(), ProviderFailure> {
    let config = app.config.social.provider(provider)?;
    let endpoints = endpoints(&config.source, &app.deadline).await?;
    let (token, proof) = LogoutTokenProof::read(config, endpoints, token)?;
    let signed = verify(token, &proof.keys, &app.deadline).await?;
    end_sessions(app, &proof.check(signed, app.now)?).await
}

async fn end_sessions(app: &App, logout: &ProviderLogout) -> Result<(), ProviderFailure> {
    let attempt = AttemptId::draw()?;
    let end = provider_logouts::end_sessions(logout, &attempt, app.now);
    let ended = app.db.run(end).await?;
    let ended =
        ended.ok_or_else(|| ProviderFailure::untrusted("the logout token was taken before"))?;
    for session in &ended {
        audit::record(app, Event::SignOut(session.into()));
    }
    Ok(())
}
