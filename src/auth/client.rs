//! A client: an app that may ask us to sign somebody in.

use super::secret::Secret;

/// An app that is registered with us and not deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthClient {
    /// Our number for it.
    pub id: i64,
    /// Its public name.
    pub client_id: String,
    /// Digest of what proves it is calling.
    pub client_secret_digest: String,
    /// Digest of `secret`: codes in flight are bound to it.
    pub secret_digest: String,
    /// Where a browser goes after signing in elsewhere.
    pub redirect_url: Option<String>,
    /// Seconds.
    pub access_token_expiration: i64,
    /// Seconds since the last use after which a session may not be refreshed.
    pub refresh_token_expiration: i64,
    /// Seconds; a code never lives longer than [`MAX_CODE_LIFETIME`].
    pub auth_code_expiration: i64,
}

/// The longest a code may live, in seconds (RFC 6749 §4.1.2).
pub const MAX_CODE_LIFETIME: i64 = 600;

impl AuthClient {
    /// Whether the caller knows the client's secret.
    pub fn proves(&self, client_secret: &Secret) -> bool {
        client_secret.matches(&self.client_secret_digest)
    }

    /// How long its codes live, in seconds.
    pub fn code_lifetime(&self) -> i64 {
        self.auth_code_expiration.min(MAX_CODE_LIFETIME)
    }
}
