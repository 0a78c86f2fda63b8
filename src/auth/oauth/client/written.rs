//! Client metadata as they are stored, and told back to who registered them (RFC 7591 §3.2.1).

use serde_json::{Map, Value};

use super::metadata::{ClientMetadata, Policy};
use super::{GrantType, OAuthClient, Source};
use crate::auth::jose::algorithm::SignatureAlgorithm;
use crate::auth::oauth::failure::Failure;

impl ClientMetadata {
    /// Writes them, every default said.
    pub fn to_members(&self) -> Map<String, Value> {
        let mut members = self.client.to_members();
        for (name, text) in self.display.members() {
            if let Some(text) = text {
                members.insert(name.to_owned(), Value::from(text));
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
        let mut set = |name: &str, value: Value| {
            written.insert(name.to_owned(), value);
        };
        for (name, flag) in self.flags() {
            set(name, Value::Bool(flag));
        }
        for (name, text) in self.words() {
            if let Some(text) = text {
                set(name, Value::from(text));
            }
        }
        for (name, list) in self.lists() {
            set(name, list.iter().map(String::as_str).collect());
        }
        let grants = self.grant_types.iter().map(|grant| grant.name());
        set("grant_types", grants.collect());
        let codes = self.may_use(GrantType::AuthorizationCode);
        set(
            "response_types",
            codes.then_some("code").into_iter().collect(),
        );
        if let Some(jwks) = &self.jwks {
            set("jwks", Value::Object(jwks.clone()));
        }
        if let Some(age) = self.default_max_age {
            set("default_max_age", Value::from(age.get()));
        }
        if let Some(scope) = &self.scope {
            set("scope", Value::from(scope.to_string()));
        }
        written
    }

    /// What is on or off. Some of it only an operator decides.
    fn flags(&self) -> impl Iterator<Item = (&'static str, bool)> {
        let everybodys = [
            (
                "require_pushed_authorization_requests",
                self.require_pushed_authorization_requests,
            ),
            ("dpop_bound_access_tokens", self.dpop_bound_access_tokens),
            ("require_auth_time", self.require_auth_time),
        ];
        let operators = [
            ("open", self.open),
            ("require_pkce", self.require_pkce),
            ("fapi", self.fapi),
            ("id_token_claims", self.id_token_claims),
        ];
        let operators = operators
            .into_iter()
            .filter(|_| self.source == Source::Operator);
        everybodys.into_iter().chain(operators)
    }

    /// What is one word, if it is said.
    fn words(&self) -> [(&'static str, Option<&str>); 7] {
        let name = SignatureAlgorithm::name;
        let consent = (self.source == Source::Operator).then(|| self.consent.name());
        [
            ("consent", consent),
            (
                "token_endpoint_auth_method",
                Some(self.authentication.name()),
            ),
            (
                "token_endpoint_auth_signing_alg",
                self.assertion_algorithm.map(name),
            ),
            (
                "id_token_signed_response_alg",
                Some(self.id_token_algorithm.name()),
            ),
            (
                "access_token_signed_response_alg",
                self.access_token_algorithm.map(name),
            ),
            ("jwks_uri", self.jwks_uri.as_deref()),
            (
                "backchannel_logout_uri",
                self.backchannel_logout_uri.as_deref(),
            ),
        ]
    }

    /// What is several.
    fn lists(&self) -> [(&'static str, &[String]); 3] {
        [
            ("redirect_uris", &self.redirect_uris),
            ("post_logout_redirect_uris", &self.post_logout_redirect_uris),
            ("default_acr_values", &self.default_acr_values),
        ]
    }
}
