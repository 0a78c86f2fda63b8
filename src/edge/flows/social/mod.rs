//! Signing in elsewhere: begin, come back, or bring a provider's token; and sign out there.
//!
//! What is right is said in [`crate::auth::federation`]; here it is done, in the order of that story.

mod authorize;
mod callback;
mod identify;
mod logout;
mod membership;
mod pending;
mod provider_logout;

pub use authorize::{AuthorizationRedirect, allow, offer_ticket, open_ticket, start_authorization};
pub use callback::{ClientResponse, CompletedSignIn, complete};
pub use logout::log_out_at_keycloak;
pub use provider_logout::end_by_logout_token;

use worker::console_error;

use super::audit::{self, Stranger};
use super::credentials::{AuthenticatedClient, AuthenticatedUser};
use crate::auth::federation::{Provider, ProviderFailure};
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::error::Error;

/// Signs a person in to a client with a token that an app has from a provider, and that was issued
/// to us; 404 where the provider takes no part in that.
pub async fn with_access_token(
    app: &App,
    calling: &AuthenticatedClient,
    provider: Provider,
    token: &Secret,
) -> Result<AuthenticatedUser, Error> {
    let config = app.config.social.provider(provider)?;
    let found = identify::by_token(app, config, token).await;
    let person = match found.inspect_err(|_| count_unknown(app)) {
        Ok(profile) => membership::admit(app, calling.client(), profile, None).await,
        Err(failure) => Err(failure),
    };
    person.map_err(|failure| log_and_map(provider, failure))
}

/// Counts a person of whom a provider has proven nothing.
fn count_unknown(app: &App) {
    audit::count(app, Stranger::UnknownIdentity);
}

/// What the caller is told, after the log has the reason.
fn log_and_map(provider: Provider, failure: ProviderFailure) -> Error {
    // Failures that are ours are logged where they are answered.
    if failure.error.log_text().is_none() {
        let name = provider.name();
        console_error!("signing in with {name}: {}", failure.reason);
    }
    failure.error
}
