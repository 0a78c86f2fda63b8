//! Signing in with a provider's token.

use super::failure::{count_unknown, log_and_map};
use super::{identify, membership};
use crate::auth::federation::Provider;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::credentials::{AuthenticatedClient, AuthenticatedUser};
use crate::error::Error;

/// Authenticates a user for a client by a token that a provider issued to this service's own app; 404
/// where the provider has no part in that.
pub async fn with_access_token(
    app: &App,
    calling: &AuthenticatedClient,
    provider: Provider,
    token: &Secret,
) -> Result<AuthenticatedUser, Error> {
    let config = app.config.social.provider(provider)?;
    let found = identify::by_token(app, config, token).await;
    let person = match found.inspect_err(|_| count_unknown(app)) {
        Ok(profile) => membership::admit(app, Some(calling.client()), profile, None).await,
        Err(failure) => Err(failure),
    };
    person.map_err(|failure| log_and_map(app, "signing in with", provider, failure))
}
