//! Where a provider is.

use serde::{Deserialize, Serialize};
use url::Url;

/// What a URL of a provider must be.
pub(in crate::auth::federation) const ENDPOINT: &str = "an https URL, or http on loopback";

/// Where a provider is. The record of a sign-in keeps the ones it was begun with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// The issuer of its identities: `issuer` of `user_identities`.
    pub issuer: String,
    /// Where browsers are sent.
    pub authorize: Url,
    /// Where codes become tokens.
    pub token: Url,
    /// The keys of its id_tokens.
    pub jwks: Option<Url>,
    /// The userinfo endpoint.
    pub profile: Option<Url>,
    /// The introspection endpoint (RFC 7662).
    pub introspection: Option<Url>,
    /// Where a session there is ended.
    pub end_session: Option<Url>,
    /// Where tokens are revoked, for a provider that is told when an account here ends.
    #[serde(default)]
    pub revocation: Option<Url>,
    /// Whether every return carries `iss` (RFC 9207 §3).
    pub promises_issuer: bool,
    /// Whether our secret goes into the `Authorization` header instead of the body.
    pub secret_in_header: bool,
    /// Whether it knows `prompt=login`, but not `select_account`.
    #[serde(default)]
    pub lacks_account_choice: bool,
}

impl Endpoints {
    /// How our client proves itself there (OIDC Core §9).
    pub const fn client_auth_method(&self) -> &'static str {
        if self.secret_in_header {
            "client_secret_basic"
        } else {
            "client_secret_post"
        }
    }
}
