//! A client: an app that may ask this service to authenticate users (RFC 6749 §1.1).

pub mod columns;

use super::secret::Secret;
use crate::auth::id::{ClientId, ClientNumber};
use crate::auth::time::Seconds;

/// A registered client that is not deleted: the columns that the rules need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthClient {
    /// The client's number.
    pub id: ClientNumber,
    /// The public name.
    pub client_id: ClientId,
    /// Digest of the secret that authenticates the client.
    pub client_secret_digest: String,
    /// Digest of `secret`, which authorization codes are bound to.
    pub secret_digest: String,
    /// Where a browser goes after a sign-in with an identity provider.
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
