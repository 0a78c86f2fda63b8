//! The exchange: a code becomes tokens (RFC 6749 §4.1.3, OIDC Core §3.1.3).

use serde_json::Value;

use crate::auth::data_key::{DataKeys, Purpose};
use crate::auth::federation::failure::ProviderFailure;
use crate::auth::federation::flow::authorization::PendingSignIn;
use crate::auth::federation::flow::callback::Returned;
use crate::auth::federation::http::call::{
    ProviderRequest, ProviderResponse, no_token, token, unwrapped,
};
use crate::auth::federation::identity::id_token::{Expectation, Nonce};
use crate::auth::federation::identity::id_token_proof::IdTokenProof;
use crate::auth::federation::identity::names::Names;
use crate::auth::federation::identity::userinfo::ProfileRequest;
use crate::auth::federation::provider::audience::Audience;
use crate::auth::federation::provider::config::ProviderConfig;
use crate::auth::federation::provider::spec::{IdentitySource, Quirk};
use crate::auth::jose::provider_token::UnverifiedToken;
use crate::auth::jose::token_kind::TokenKind;
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;
use crate::error::{Error, ErrorKind};

/// The request that a code is spent in.
#[derive(Debug)]
pub struct TokenRequest {
    /// To be sent once.
    pub call: ProviderRequest,
    pending: PendingSignIn,
    names: Names,
}

/// What the provider gave for the code.
#[derive(Debug)]
pub struct ProviderTokens {
    access_token: Secret,
    refresh_token: Option<Secret>,
    id_token: Option<Secret>,
    pending: PendingSignIn,
    names: Names,
}

/// What is left to do before the person is authenticated.
#[derive(Debug)]
pub enum Evidence {
    /// Verify the id_token with the provider's keys, then [`IdTokenProof::identify`].
    IdToken(UnverifiedToken, IdTokenProof),
    /// Ask the provider.
    Profile(ProfileRequest),
}

impl Returned {
    /// The token request, proven with our PKCE verifier where the provider knows PKCE.
    pub fn token_request(
        self,
        config: &ProviderConfig,
        keys: &DataKeys,
        now: Timestamp,
    ) -> Result<TokenRequest, Error> {
        let pending = self.pending;
        let verifier = match &pending.verifier {
            Some(sealed) => Some(
                keys.open(Purpose::SignIn, &self.state.digest(), sealed)?
                    .ok_or_else(|| {
                        ErrorKind::Internal("the PKCE verifier cannot be read".to_owned())
                    })?,
            ),
            None => None,
        };
        let mut parameters = vec![
            ("grant_type", "authorization_code"),
            ("code", self.code.expose()),
            ("redirect_uri", config.callback.as_str()),
        ];
        if let Some(verifier) = &verifier {
            parameters.push(("code_verifier", verifier));
        }
        let endpoints = &pending.endpoints;
        let call = config.authenticated_call(endpoints, &endpoints.token, &parameters, now)?;
        Ok(TokenRequest {
            call,
            pending,
            names: self.names,
        })
    }
}

impl TokenRequest {
    /// Reads the answer: an access token of type Bearer, and what else there is.
    pub fn read(self, answer: &ProviderResponse<'_>) -> Result<ProviderTokens, ProviderFailure> {
        let failed = |failure| self.explained(answer, failure);
        let mut answer = answer.object("the token answer").map_err(failed)?;
        if self.pending.provider.spec().has(Quirk::WrappedInData) {
            answer = unwrapped(answer);
        }
        let is_bearer = match answer.get("token_type") {
            None => true, // Instagram says nothing.
            Some(kind) => kind
                .as_str()
                .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")),
        };
        if !is_bearer {
            return Err(ProviderFailure::untrusted(
                "the access token is not a bearer token",
            ));
        }
        let optional = |name: &str| match answer.get(name).filter(|value| !value.is_null()) {
            None => Ok(None),
            some => token(some).map(Some).ok_or_else(|| {
                let text = some.and_then(Value::as_str).unwrap_or_default();
                no_token(name, text).about(self.pending.provider.spec().client_id)
            }),
        };
        Ok(ProviderTokens {
            access_token: optional("access_token")?.ok_or_else(|| {
                ProviderFailure::untrusted("the token answer has no access_token")
            })?,
            refresh_token: optional("refresh_token")?,
            id_token: optional("id_token")?,
            pending: self.pending,
            names: self.names,
        })
    }
}

impl TokenRequest {
    /// Names the settings that the provider's refusal of our client, or of our address, is about.
    fn explained(
        &self,
        answer: &ProviderResponse<'_>,
        failure: ProviderFailure,
    ) -> ProviderFailure {
        let spec = self.pending.provider.spec();
        let error = answer.error().unwrap_or_default();
        let method = self.pending.endpoints.client_auth_method();
        match error.as_str() {
            "invalid_client" | "unauthorized_client" => ProviderFailure {
                reason: format!("{}, to {method}", failure.reason),
                ..failure
            }
            .about(&spec.client_settings()),
            "redirect_uri_mismatch" => failure.about(spec.callback.name),
            _ => failure,
        }
    }
}

impl ProviderTokens {
    /// What ends the session there later, where it can be ended.
    pub fn refresh_token(&self) -> Option<&Secret> {
        let can_end = self.pending.endpoints.end_session.is_some();
        self.refresh_token.as_ref().filter(|_| can_end)
    }

    /// What is revoked there when the account or its identity ends, where the provider wants that.
    pub fn revocable(&self) -> Option<&Secret> {
        let is_told = self.pending.endpoints.revocation.is_some();
        self.refresh_token.as_ref().filter(|_| is_told)
    }

    /// What authenticates the person; without the promised id_token, nothing does.
    pub fn evidence(self, config: &ProviderConfig) -> Result<Evidence, ProviderFailure> {
        match config.spec().proof {
            IdentitySource::Profile(_) => self.profile_request(config).map(Evidence::Profile),
            IdentitySource::IdToken(_) => self.id_token(config),
        }
    }

    fn profile_request(self, config: &ProviderConfig) -> Result<ProfileRequest, ProviderFailure> {
        let audience = Audience::of_server(config);
        let endpoints = &self.pending.endpoints;
        ProfileRequest::new(config.provider, endpoints, audience, &self.access_token)
            .ok_or_else(|| ProviderFailure::untrusted("no profile URL"))
    }

    fn id_token(self, config: &ProviderConfig) -> Result<Evidence, ProviderFailure> {
        let endpoints = self.pending.endpoints;
        let id_token = self
            .id_token
            .ok_or_else(|| ProviderFailure::untrusted("the token answer has no id_token"))?;
        let nonce = self
            .pending
            .nonce
            .ok_or_else(|| ProviderFailure::untrusted("the sign-in has no nonce"))?;
        let (provider, audience) = (config.provider, Audience::of_server(config));
        let (ask, token) = (audience.clone(), &self.access_token);
        let names_from = ProfileRequest::new(provider, &endpoints, ask, token);
        let proof = IdTokenProof {
            keys: endpoints
                .jwks
                .ok_or_else(|| ProviderFailure::untrusted("no keys URL"))?,
            expectation: Expectation {
                provider,
                issuer: endpoints.issuer,
                audience,
                nonce: Nonce::Exactly(nonce),
            },
            names: self.names,
            names_from,
        };
        let token = UnverifiedToken::parse(TokenKind::IdToken, id_token.expose())?;
        Ok(Evidence::IdToken(token, proof))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::{NOW, begun, config, data_keys, good, pairs, sent};
    use crate::auth::federation::flow::callback::{Callback, CallbackOutcome};
    use crate::auth::federation::provider::spec::Provider;
    use crate::error::Reason;
    use serde_json::json;

    fn request(provider: Provider) -> TokenRequest {
        let begun = begun(provider);
        let parameters = [
            ("code", "4/0AX+y"),
            ("state", begun.state.expose()),
            ("iss", &begun.pending.endpoints.issuer.clone()),
        ];
        let callback = Callback::read(pairs(&parameters)).unwrap();
        match CallbackOutcome::of(begun.pending, provider, callback) {
            Ok(CallbackOutcome::Returned(returned)) => returned
                .token_request(&config(provider), &data_keys(), NOW)
                .unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn read(provider: Provider, answer: &Value) -> Result<ProviderTokens, ProviderFailure> {
        request(provider).read(&good(&answer.to_string()))
    }

    #[test]
    fn google_gets_code_verifier_and_secret() {
        let call = request(Provider::Google).call;
        assert_eq!(call.method, "POST");
        assert_eq!(call.url.as_str(), "https://oauth2.googleapis.com/token");
        let verifier = "v".repeat(43);
        assert_eq!(
            sent(&call),
            pairs(&[
                ("grant_type", "authorization_code"),
                ("code", "4/0AX+y"),
                (
                    "redirect_uri",
                    "https://login.example/auth/google-auth-redirect"
                ),
                ("code_verifier", &verifier),
                ("client_id", "google-client"),
                ("client_secret", "google secret"),
            ])
        );
    }

    #[test]
    fn facebook_gets_what_the_original_sent() {
        let call = request(Provider::Facebook).call;
        assert_eq!(
            call.form.as_deref(),
            Some(
                "grant_type=authorization_code&code=4%2F0AX%2By\
                 &redirect_uri=https%3A%2F%2Flogin.example%2Fauth%2Ffacebook-auth-redirect\
                 &client_id=138483919580948&client_secret=facebook-secret"
            )
        );
    }

    #[test]
    fn apple_gets_a_signed_secret() {
        let sent = sent(&request(Provider::Apple).call);
        let (_, secret) = sent.last().unwrap();
        assert_eq!(secret.split('.').count(), 3);
        assert!(!sent.iter().any(|(name, _)| name == "code_verifier"));
    }

    #[test]
    fn a_verifier_opens_under_its_own_state_only() {
        let begun = begun(Provider::Google);
        let callback = Callback::read(pairs(&[("code", "x"), ("state", "another")])).unwrap();
        match CallbackOutcome::of(begun.pending, Provider::Google, callback) {
            Ok(CallbackOutcome::Returned(returned)) => {
                let google = config(Provider::Google);
                let request = returned.token_request(&google, &data_keys(), NOW);
                assert!(
                    matches!(
                        request.as_ref().map_err(Error::kind),
                        Err(ErrorKind::Internal(_))
                    ),
                    "{request:?}"
                );
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn documented_answers_are_read() {
        for (provider, answer) in [
            (
                Provider::Google,
                json!({ "access_token": "1/fFAGRNJru1FTz70BzhT3Zg", "expires_in": 3920,
                    "token_type": "Bearer", "scope": "openid", "id_token": "a.b.c" }),
            ),
            (
                Provider::Facebook,
                json!({ "access_token": "EAAC", "token_type": "bearer", "expires_in": 5_183_944 }),
            ),
            (
                Provider::Instagram,
                json!({ "access_token": "IGQVJ...", "user_id": 17_841_405_793_187_218_u64 }),
            ),
            (
                Provider::Instagram,
                json!({ "data": [{ "access_token": "EAAC", "user_id": "1020", "permissions": "x" }] }),
            ),
            (
                Provider::Apple,
                json!({ "access_token": "adg61", "token_type": "Bearer", "expires_in": 3600,
                    "refresh_token": "rca7", "id_token": "a.b.c" }),
            ),
        ] {
            let tokens = read(provider, &answer);
            assert!(tokens.is_ok(), "{provider:?} {tokens:?}");
        }
    }

    #[test]
    fn answers_that_are_no_tokens_are_not_believed() {
        let failed = |answer: &Value| match read(Provider::Google, answer) {
            Err(failure) => failure.error == ErrorKind::Unauthenticated(Reason::InvalidCredentials),
            Ok(_) => false,
        };
        for answer in [
            json!({}),
            json!({ "token_type": "Bearer" }),
            json!({ "access_token": "" }),
            json!({ "access_token": null }),
            json!({ "access_token": 5 }),
            json!({ "access_token": ["x"] }),
            json!({ "access_token": "x\r\nX-Admin: 1" }),
            json!({ "access_token": "x".repeat(40_000) }),
            json!({ "access_token": "x", "token_type": "DPoP" }),
            json!({ "access_token": "x", "token_type": null }),
            json!({ "access_token": "x", "id_token": {} }),
            json!({ "access_token": "x", "refresh_token": "a b" }),
            json!({ "data": [{ "access_token": "x" }] }),
            json!({ "error": "invalid_grant" }),
        ] {
            assert!(failed(&answer), "{answer}");
        }
    }

    #[test]
    fn a_refusal_names_the_settings_it_may_be_about() {
        let reason = |provider, status, body: &str| {
            let body = body.as_bytes();
            let read = request(provider).read(&ProviderResponse { status, body });
            read.map(drop).unwrap_err().reason
        };
        for (provider, status, body, expected) in [
            (
                Provider::Keycloak,
                401,
                r#"{"error":"unauthorized_client","error_description":"kc-code"}"#,
                "KEYCLOAK_CLIENT_ID, KEYCLOAK_CLIENT_SECRET: the token answer: status 401, \
                 error unauthorized_client, to client_secret_post",
            ),
            (
                Provider::Google,
                401,
                r#"{"error":"invalid_client"}"#,
                "GOOGLE_AUTH_CLIENT_ID, GOOGLE_AUTH_CLIENT_SECRET: the token answer: status 401, \
                 error invalid_client, to client_secret_post",
            ),
            (
                Provider::Apple,
                400,
                r#"{"error":"invalid_client"}"#,
                "APPLE_AUTH_CLIENT_ID, APPLE_AUTH_TEAM_ID, APPLE_AUTH_KEY_ID, \
                 APPLE_AUTH_PRIVATE_KEY: the token answer: status 400, error invalid_client, to \
                 client_secret_post",
            ),
            (
                Provider::Google,
                400,
                r#"{"error":"redirect_uri_mismatch"}"#,
                "GOOGLE_AUTH_CALLBACK_URL: the token answer: status 400, error redirect_uri_mismatch",
            ),
            (
                Provider::Facebook,
                400,
                r#"{"error":{"message":"code EAAC","type":"OAuthException","code":191}}"#,
                "the token answer: status 400, error OAuthException 191",
            ),
            (
                Provider::Keycloak,
                400,
                r#"{"error":"invalid_grant"}"#,
                "the token answer: status 400, error invalid_grant",
            ),
        ] {
            assert_eq!(reason(provider, status, body), expected);
        }
    }

    #[test]
    fn a_token_that_is_too_long_is_said_with_its_size_and_not_shown() {
        let long = "x".repeat(40_000);
        for name in ["access_token", "refresh_token", "id_token"] {
            let mut answer = json!({ "access_token": "x", "token_type": "Bearer" });
            answer[name] = json!(long);
            let failure = read(Provider::Keycloak, &answer).unwrap_err();
            let expected =
                format!("KEYCLOAK_CLIENT_ID: the {name} has 40000 characters, of at most 32768");
            assert_eq!(failure.reason, expected);
        }
    }

    #[test]
    fn a_promised_id_token_may_not_be_missing() {
        for provider in [Provider::Google, Provider::Apple, Provider::Keycloak] {
            let answer = json!({ "access_token": "x", "token_type": "Bearer" });
            let tokens = read(provider, &answer).unwrap();
            let evidence = tokens.evidence(&config(provider));
            assert!(evidence.is_err(), "{provider:?}");
        }
    }

    #[test]
    fn a_refresh_token_is_kept_where_a_session_can_be_ended() {
        let answer = json!({ "access_token": "x", "token_type": "Bearer", "refresh_token": "r" });
        let kept = |provider| {
            let tokens = read(provider, &answer).unwrap();
            tokens
                .refresh_token()
                .map(|token| token.expose().to_owned())
        };
        assert_eq!(kept(Provider::Keycloak).as_deref(), Some("r"));
        assert_eq!(kept(Provider::Google), None);
        assert_eq!(kept(Provider::Apple), None);
    }
}
