//! Client metadata as they are stored, and told back to who registered them (RFC 7591 §3.2.1).

use serde_json::{Map, Value, json};

use super::metadata::{ClientMetadata, Policy};
use super::{GrantType, OAuthClient, Source};
use crate::auth::jose::algorithm::SignatureAlgorithm;
use crate::auth::oauth::failure::Failure;
use crate::auth::oauth::scope::Scope;

impl ClientMetadata {
    /// Writes them, every default said.
    pub fn to_members(&self) -> Map<String, Value> {
        let mut members = self.client.to_members();
        for (name, text) in self.display.members() {
            if let Some(text) = text {
                members.insert(name.to_owned(), json!(text));
            }
        }
        members
    }
}

impl OAuthClient {
    /// Reads what [`OAuthClient::to_members`] wrote.
    ///
    /// # Errors
    ///
    /// As of [`ClientMetadata::read`]: somebody has written the row by hand.
    pub fn stored(source: Source, members: &Map<String, Value>) -> Result<Self, Failure> {
        let read = ClientMetadata::read(members, Policy::stored(source))?;
        Ok(read.client)
    }

    /// Writes everything but what users see.
    pub fn to_members(&self) -> Map<String, Value> {
        let mut written = self.noted.clone();
        let operators = self.operators_choices().into_iter();
        let operators = operators.filter(|_| self.source == Source::Operator);
        let members = self.identity().into_iter().chain(self.demands());
        for (name, value) in members.chain(operators) {
            if !value.is_null() {
                written.insert(name.to_owned(), value);
            }
        }
        written
    }

    /// Where it is, how it authenticates, and what it may use.
    fn identity(&self) -> [(&'static str, Value); 10] {
        let grants: Vec<_> = self.grant_types.iter().map(|grant| grant.name()).collect();
        let codes = self.may_use(GrantType::AuthorizationCode);
        let responses: Vec<_> = codes.then_some("code").into_iter().collect();
        let logouts = &self.post_logout_redirect_uris;
        let assertions = self.assertion_algorithm.map(SignatureAlgorithm::name);
        [
            ("redirect_uris", json!(self.redirect_uris)),
            ("post_logout_redirect_uris", json!(logouts)),
            ("backchannel_logout_uri", json!(self.backchannel_logout_uri)),
            (
                "token_endpoint_auth_method",
                json!(self.authentication.name()),
            ),
            ("token_endpoint_auth_signing_alg", json!(assertions)),
            ("jwks", json!(self.jwks)),
            ("jwks_uri", json!(self.jwks_uri)),
            ("grant_types", json!(grants)),
            ("response_types", json!(responses)),
            ("scope", json!(self.scope.as_ref().map(Scope::to_string))),
        ]
    }

    /// How its tokens are made, and what its requests need.
    fn demands(&self) -> [(&'static str, Value); 7] {
        let access_tokens = self.access_token_algorithm.map(SignatureAlgorithm::name);
        let pushed = self.require_pushed_authorization_requests;
        [
            (
                "id_token_signed_response_alg",
                json!(self.id_token_algorithm.name()),
            ),
            ("access_token_signed_response_alg", json!(access_tokens)),
            ("require_pushed_authorization_requests", json!(pushed)),
            (
                "dpop_bound_access_tokens",
                json!(self.dpop_bound_access_tokens),
            ),
            ("default_max_age", json!(self.default_max_age)),
            ("require_auth_time", json!(self.require_auth_time)),
            ("default_acr_values", json!(self.default_acr_values)),
        ]
    }

    /// What only an operator decides.
    fn operators_choices(&self) -> [(&'static str, Value); 5] {
        [
            ("consent", json!(self.consent.name())),
            ("open", json!(self.open)),
            ("require_pkce", json!(self.require_pkce)),
            ("fapi", json!(self.fapi)),
            ("id_token_claims", json!(self.id_token_claims)),
        ]
    }
}
