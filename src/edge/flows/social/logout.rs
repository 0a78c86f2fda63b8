//! Signing out here and at Keycloak.

use super::told;
use crate::auth::data_key::Purpose;
use crate::auth::oauth::{Failure, Provider, logout};
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::credentials::{self, TokenSubject};
use crate::edge::flows::sessions;
use crate::edge::outbound::identity_provider;
use crate::edge::store::sessions as stored;
use crate::error::Error;

/// Ends the bearer's session, and then the one at Keycloak that it came from, if it did. What
/// Keycloak says to that is the log's business.
pub async fn log_out_at_keycloak(
    app: &App,
    token: &Secret,
    refresh_token: &Secret,
) -> Result<String, Error> {
    let subject = credentials::session_id(app, token)?;
    let user_id = sessions::sign_out(app, token, refresh_token).await?;
    if let TokenSubject::Session(id) = subject {
        app.in_background(|app| async move {
            end_there(&app, &id)
                .await
                .map_err(|failure| told(Provider::Keycloak, failure))
        });
    }
    Ok(user_id)
}

async fn end_there(app: &App, session_id: &str) -> Result<(), Failure> {
    let provider = Provider::Keycloak;
    let sealed = stored::provider_token(&app.db, session_id, provider.name()).await?;
    let Some(sealed) = sealed else {
        return Ok(());
    };
    let keys = &app.config.data_keys;
    let token = keys.open(Purpose::ProviderToken, session_id, &sealed)?;
    let token = token
        .map(Secret::new)
        .ok_or_else(|| Error::Internal("a provider's token cannot be read".to_owned()))?;
    let descriptor = app.config.social.descriptor(provider)?;
    let endpoints = identity_provider::endpoints(&descriptor.source, app.now).await?;
    let Some(call) = logout::end_session(descriptor, &endpoints, &token, app.now)? else {
        return Ok(());
    };
    let received = identity_provider::send(&call).await?;
    if (200..300).contains(&received.status) {
        return Ok(());
    }
    let status = received.status;
    Err(Failure::untrusted(format!(
        "the sign-out there: status {status}"
    )))
}
