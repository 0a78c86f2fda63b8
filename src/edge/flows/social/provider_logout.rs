//! What a provider ends, ends here.

use super::failure::log_and_map;
use crate::auth::federation::flow::logout_token::LogoutTokenProof;
use crate::auth::federation::{Provider, ProviderFailure};
use crate::auth::id::AttemptId;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, Stranger};
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
    end(app, provider, token).await.map_err(|failure| {
        if !failure.error.kind().is_server_error() {
            audit::count(app, Stranger::RefusedLogoutToken);
        }
        log_and_map(app, "signing out by", provider, failure)
    })
}

async fn end(app: &App, provider: Provider, token: &Secret) -> Result<(), ProviderFailure> {
    let config = app.config.social.provider(provider)?;
    let endpoints = endpoints(&config.source, &app.deadline).await?;
    let (token, proof) = LogoutTokenProof::read(config, endpoints, token)?;
    let signed = verify(token, &proof.keys, &app.deadline).await?;
    let logout = proof.check(signed, app.now)?;
    let attempt = AttemptId::draw()?;
    let end = provider_logouts::end_sessions(&logout, &attempt, app.now);
    let ended = app.db.run(end).await?;
    let ended =
        ended.ok_or_else(|| ProviderFailure::untrusted("the logout token was taken before"))?;
    for session in &ended {
        audit::record(app, Event::SignOut(session.into()));
    }
    Ok(())
}
