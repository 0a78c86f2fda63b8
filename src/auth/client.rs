//! A client: an app that may ask us to sign somebody in.

use super::secret::Secret;
use crate::auth::id::{ClientId, ClientNumber};
use crate::auth::time::Seconds;

/// An app that is registered with us and not deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthClient {
    /// Our number for it.
    pub id: ClientNumber,
    /// Its public name.
    pub client_id: ClientId,
    /// Digest of what proves it is calling.
    pub client_secret_digest: String,
    /// Digest of `secret`: codes in flight are bound to it.
    pub secret_digest: String,
    /// Where a browser goes after signing in elsewhere.
    pub redirect_url: Option<String>,
    /// How long an access token lives.
    pub access_token_expiration: Seconds,
    /// How long after its last use a session may be refreshed.
    pub refresh_token_expiration: Seconds,
    /// How long a code lives, up to [`MAX_CODE_LIFETIME`].
    pub auth_code_expiration: Seconds,
}

/// The longest a code may live (RFC 6749 §4.1.2).
pub const MAX_CODE_LIFETIME: Seconds = Seconds::new(600);

impl AuthClient {
    /// Whether the caller knows the client's secret.
    pub fn proves(&self, client_secret: &Secret) -> bool {
        client_secret.matches(&self.client_secret_digest)
    }

    /// How long its codes live.
    pub fn code_lifetime(&self) -> Seconds {
        self.auth_code_expiration.min(MAX_CODE_LIFETIME)
    }
}
