//! Signing in with an access token that a provider issued to our app.

use super::credentials::{CallingClient, SignedIn};
use crate::auth::secret::Secret;
use crate::error::Error;

/// Proves the person of a provider's token to the client of ServiceStack's callers.
///
/// `provider` is one of `ask::PROVIDERS`. None of them can be configured yet, so each answers as
/// one that is not: 501, and the log names the setting that would be needed.
pub fn sign_in(provider: &str, _token: &Secret) -> Result<(CallingClient, SignedIn), Error> {
    Err(Error::NotConfigured(match provider {
        "google" => "GOOGLE_AUTH_CLIENT_ID",
        "facebook" => "FACEBOOK_AUTH_CLIENT_ID",
        "apple" => "APPLE_AUTH_CLIENT_ID",
        _ => "KEYCLOAK_CLIENT_ID",
    }))
}
