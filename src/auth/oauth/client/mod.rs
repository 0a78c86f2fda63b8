//! What OAuth needs to know of a client, besides what [`AuthClient`] is (RFC 7591 §2).

pub mod assertion;
pub mod authentication;
mod choices;
mod display;
pub mod document;
mod keys;
mod members;
pub mod metadata;
mod uris;
mod words;
mod written;

pub use display::Display;
pub use words::{AuthenticationMethod, Consent, GrantType, Source};

use serde_json::{Map, Value};

use super::redirect_uri::is_native;
use super::scope::{Grantable, OFFLINE_ACCESS, Scope};
use crate::auth::client::AuthClient;
use crate::auth::jose::algorithm::SignatureAlgorithm;
use crate::auth::time::Seconds;

/// How long a code of a client under the FAPI profile lives (FAPI 2.0 §5.3.2.1).
const FAPI_CODE_LIFETIME: Seconds = Seconds::new(60);

/// A client of the OAuth endpoints. The names of the fields are those of RFC 7591, but for the algorithms.
#[derive(Debug, Clone, PartialEq)]
pub struct OAuthClient {
    /// Who has vouched for the client.
    pub source: Source,
    /// Whether users are asked; a first-party client's are not.
    pub consent: Consent,
    /// Whether every live account may use the client, not only those that an operator has admitted.
    pub open: bool,
    /// Where codes go.
    pub redirect_uris: Vec<String>,
    /// Where a browser may go after signing out.
    pub post_logout_redirect_uris: Vec<String>,
    /// `token_endpoint_auth_method`.
    pub authentication: AuthenticationMethod,
    /// `token_endpoint_auth_signing_alg`: the one algorithm of its assertions, if it has said so.
    pub assertion_algorithm: Option<SignatureAlgorithm>,
    /// Its public keys.
    pub jwks: Option<Map<String, Value>>,
    /// Where its public keys are.
    pub jwks_uri: Option<String>,
    /// The grants it may use.
    pub grant_types: Vec<GrantType>,
    /// The scopes it may have, where an operator has said so; what it asked for, otherwise.
    pub scope: Option<Scope>,
    /// `id_token_signed_response_alg`, of logout tokens too.
    pub id_token_algorithm: SignatureAlgorithm,
    /// `access_token_signed_response_alg`, if not that of the first key.
    pub access_token_algorithm: Option<SignatureAlgorithm>,
    /// Whether codes need a challenge; without it neither that nor a nonce is demanded.
    pub require_pkce: bool,
    /// Whether every authorization request has to be pushed.
    pub require_pushed_authorization_requests: bool,
    /// Whether every access token is bound to a key.
    pub dpop_bound_access_tokens: bool,
    /// Whether the FAPI 2.0 Security Profile applies.
    pub fapi: bool,
    /// Where logout tokens go.
    pub backchannel_logout_uri: Option<String>,
    /// Oldest authentication that does, where a request says nothing.
    pub default_max_age: Option<Seconds>,
    /// Whether ID Tokens always have `auth_time`.
    pub require_auth_time: bool,
    /// What level of authentication is demanded, where a request says nothing.
    pub default_acr_values: Vec<String>,
    /// Whether ID Tokens have the claims of the scopes, for apps that never ask UserInfo.
    pub id_token_claims: bool,
    /// What is kept as it was said: it decides nothing.
    pub noted: Map<String, Value>,
}

impl OAuthClient {
    /// Whether the client keeps no secret (RFC 6749 §2.1).
    pub fn is_public(&self) -> bool {
        self.authentication == AuthenticationMethod::None
    }

    /// Whether the client is the operator's own, of which users are not asked.
    pub fn is_first_party(&self) -> bool {
        self.source == Source::Operator && self.consent == Consent::None
    }

    /// Whether the client may use a grant.
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// Whether a code needs a challenge: only an operator may waive it, for a confidential client.
    pub fn needs_challenge(&self) -> bool {
        let waivable = self.source == Source::Operator && !self.is_public() && !self.fapi;
        self.require_pkce || !waivable
    }

    /// Whether an authorization request has to be pushed (RFC 9126 §6).
    pub const fn needs_pushed_request(&self) -> bool {
        self.require_pushed_authorization_requests || self.fapi
    }

    /// Whether an access token has to be bound to a key (RFC 9449 §5.2).
    pub const fn needs_dpop(&self) -> bool {
        self.dpop_bound_access_tokens || self.fapi
    }

    /// Whether its refresh tokens move on at every use: where no authentication of the client protects
    /// them (RFC 9700 §4.14.2). FAPI 2.0 §5.3.2.1 forbids it for the others.
    pub fn rotates_refresh_tokens(&self) -> bool {
        self.is_public()
    }

    /// Whether a grant of this scope comes with a refresh token. MCP clients ask for it by
    /// `offline_access` without having listed the grant type.
    pub fn gets_refresh_token(&self, scope: &Scope) -> bool {
        self.may_use(GrantType::RefreshToken) || scope.has(OFFLINE_ACCESS)
    }

    /// How long its codes live.
    pub fn code_lifetime(&self, client: &AuthClient) -> Seconds {
        match self.fapi {
            true => client.code_lifetime().min(FAPI_CODE_LIFETIME),
            false => client.code_lifetime(),
        }
    }

    /// Which scopes it may be granted; `of_resources` are those that every client may ask for.
    pub fn grantable<'a>(&'a self, of_resources: &'a Scope) -> Grantable<'a> {
        let ceiling = self.source == Source::Operator;
        Grantable {
            registered: self.scope.as_ref().filter(|_| ceiling),
            of_resources,
            first_party: self.is_first_party(),
        }
    }

    /// Whether users are asked each time: nobody vouches for the client, and nothing proves that the
    /// app at the redirect URI is the one it says (RFC 8252 §8.6).
    pub fn asks_each_time(&self, redirect_uri: &str) -> bool {
        self.source != Source::Operator && is_native(redirect_uri)
    }
}

/// Clients for tests.
#[cfg(test)]
pub mod example {
    use super::*;

    /// A confidential client of an operator's.
    pub fn client() -> OAuthClient {
        OAuthClient {
            source: Source::Operator,
            consent: Consent::Ask,
            open: false,
            redirect_uris: vec!["https://app.example/cb".to_owned()],
            post_logout_redirect_uris: Vec::new(),
            authentication: AuthenticationMethod::ClientSecretBasic,
            assertion_algorithm: None,
            jwks: None,
            jwks_uri: None,
            grant_types: vec![GrantType::AuthorizationCode],
            scope: None,
            id_token_algorithm: SignatureAlgorithm::Rs256,
            access_token_algorithm: None,
            require_pkce: true,
            require_pushed_authorization_requests: false,
            dpop_bound_access_tokens: false,
            fapi: false,
            backchannel_logout_uri: None,
            default_max_age: None,
            require_auth_time: false,
            default_acr_values: Vec::new(),
            id_token_claims: false,
            noted: Map::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::example::client;
    use super::*;

    #[test]
    fn only_an_operator_waives_the_challenge_and_only_for_a_confidential_client() {
        let needs = |change: fn(&mut OAuthClient)| {
            let mut client = client();
            client.require_pkce = false;
            change(&mut client);
            client.needs_challenge()
        };
        assert!(!needs(|_| {}));
        assert!(needs(|client| client.require_pkce = true));
        assert!(needs(
            |client| client.authentication = AuthenticationMethod::None
        ));
        assert!(needs(|client| client.fapi = true));
        assert!(needs(|client| client.source = Source::Registered));
        assert!(needs(|client| client.source = Source::Document));
    }

    #[test]
    fn the_fapi_profile_is_one_flag() {
        let client = OAuthClient {
            fapi: true,
            ..client()
        };
        assert!(client.needs_challenge() && client.needs_pushed_request() && client.needs_dpop());
        assert!(!client.rotates_refresh_tokens());
    }

    #[test]
    fn users_of_apps_that_nobody_vouches_for_are_asked_each_time() {
        let asks = |source, uri| OAuthClient { source, ..client() }.asks_each_time(uri);
        assert!(asks(Source::Document, "http://localhost:1/cb"));
        assert!(asks(Source::Registered, "com.example.app:/cb"));
        assert!(!asks(Source::Registered, "https://app.example/cb"));
        assert!(!asks(Source::Operator, "http://localhost:1/cb"));
    }
}
