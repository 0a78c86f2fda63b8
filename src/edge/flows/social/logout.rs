//! Signing out here and at Keycloak.

use std::time::Duration;

use super::failure::log_and_map;
use crate::auth::data_key::Purpose;
use crate::auth::federation::flow::logout;
use crate::auth::federation::{Provider, ProviderFailure};
use crate::auth::id::UserId;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::deadline::Deadline;
use crate::edge::flows::sessions;
use crate::edge::outbound::identity_provider;
use crate::error::{Error, ErrorKind};
use crate::store::ended_session::EndedSession;

/// How long Keycloak's answer is waited for: a browser that is sent there next
/// should find no session.
const WAIT: Duration = Duration::from_secs(3);

/// Ends the bearer's session, and then the one at Keycloak that it came from, if it did; gives the
/// user. What Keycloak says to that is the log's business.
pub async fn log_out_at_keycloak(
    app: &App,
    token: &Secret,
    refresh_token: &Secret,
) -> Result<UserId, Error> {
    let ended = sessions::sign_out(app, token, refresh_token).await?;
    if let Err(failure) = end_there(app, &ended).await {
        log_and_map(app, "signing out at", Provider::Keycloak, failure);
    }
    Ok(ended.user_id)
}

async fn end_there(app: &App, ended: &EndedSession) -> Result<(), ProviderFailure> {
    let provider = Provider::Keycloak;
    let sealed = ended.provider_token.as_deref();
    let Some(sealed) = sealed.filter(|_| ended.method == provider.name()) else {
        return Ok(());
    };
    let keys = &app.config.data_keys;
    let token = keys.open(Purpose::ProviderToken, ended.id.as_str(), sealed)?;
    let token = token
        .map(Secret::new)
        .ok_or_else(|| ErrorKind::Internal("a provider's token cannot be read".to_owned()))?;
    let config = app.config.social.provider(provider)?;
    let deadline = Deadline::within(WAIT);
    let endpoints = identity_provider::endpoints(&config.source, &deadline).await?;
    let Some(call) = logout::end_session(config, &endpoints, &token, app.now)? else {
        return Ok(());
    };
    let received = identity_provider::send(&call, &deadline).await?;
    if (200..300).contains(&received.status) {
        return Ok(());
    }
    let status = received.status;
    Err(ProviderFailure::untrusted(format!(
        "the sign-out there: status {status}"
    )))
}
