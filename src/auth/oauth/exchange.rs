//! The exchange: a code becomes tokens (RFC 6749 §4.1.3, OIDC Core §3.1.3).

use serde_json::{Map, Value};

use super::Failure;
use super::audience::Audience;
use super::begin::PendingSignIn;
use super::call::{Answer, Call, token};
use super::callback::Returned;
use super::descriptor::{Descriptor, Endpoints};
use super::id_token::{Expectation, Nonce};
use super::jws::{TokenKind, UnverifiedToken};
use super::person::Names;
use super::profile::{IdTokenProof, ProfileRequest};
use super::provider::{Oddity, Proof};
use crate::auth::data_key::{DataKeys, Purpose};
use crate::auth::secret::Secret;
use crate::error::Error;

/// The request that a code is spent in.
#[derive(Debug)]
pub struct TokenRequest {
    /// To be sent once.
    pub call: Call,
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

/// What is left to do before it is known who came.
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
        descriptor: &Descriptor,
        keys: &DataKeys,
        now: i64,
    ) -> Result<TokenRequest, Error> {
        let pending = self.pending;
        let verifier = match &pending.verifier {
            Some(sealed) => Some(
                keys.open(Purpose::SignIn, &self.state.digest(), sealed)?
                    .ok_or_else(|| {
                        Error::Internal("the PKCE verifier cannot be read".to_owned())
                    })?,
            ),
            None => None,
        };
        let mut parameters = vec![
            ("grant_type", "authorization_code"),
            ("code", self.code.expose()),
            ("redirect_uri", descriptor.callback.as_str()),
        ];
        if let Some(verifier) = &verifier {
            parameters.push(("code_verifier", verifier));
        }
        let endpoints = &pending.endpoints;
        let call = Call::authenticated(descriptor, endpoints, &endpoints.token, &parameters, now)?;
        Ok(TokenRequest {
            call,
            pending,
            names: self.names,
        })
    }
}

impl TokenRequest {
    /// Reads the answer: an access token of type Bearer, and what else there is.
    pub fn read(self, answer: &Answer<'_>) -> Result<ProviderTokens, Failure> {
        let mut answer = answer.object("the token answer")?;
        if self.pending.provider.row().has(Oddity::WrappedInData) {
            answer = unwrapped(answer);
        }
        let is_bearer = match answer.get("token_type") {
            None => true, // Instagram says nothing.
            Some(kind) => kind
                .as_str()
                .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")),
        };
        if !is_bearer {
            return Err(Failure::untrusted("the access token is not a bearer token"));
        }
        let optional = |name: &str| match answer.get(name).filter(|value| !value.is_null()) {
            None => Ok(None),
            some => token(some)
                .map(Some)
                .ok_or_else(|| Failure::untrusted(format!("the {name} cannot be one"))),
        };
        Ok(ProviderTokens {
            access_token: optional("access_token")?
                .ok_or_else(|| Failure::untrusted("the token answer has no access_token"))?,
            refresh_token: optional("refresh_token")?,
            id_token: optional("id_token")?,
            pending: self.pending,
            names: self.names,
        })
    }
}

impl ProviderTokens {
    /// What ends the session there later, where it can be ended.
    pub fn refresh_token(&self) -> Option<&Secret> {
        let can_end = self.pending.endpoints.end_session.is_some();
        self.refresh_token.as_ref().filter(|_| can_end)
    }

    /// What proves who came; without a promised id_token nobody did.
    pub fn evidence(self, descriptor: &Descriptor) -> Result<Evidence, Failure> {
        match descriptor.row().proof {
            Proof::Profile(_) => self.profile_request(descriptor).map(Evidence::Profile),
            Proof::IdToken(_) => self.id_token(descriptor),
        }
    }

    fn profile_request(self, descriptor: &Descriptor) -> Result<ProfileRequest, Failure> {
        let Endpoints {
            issuer, profile, ..
        } = self.pending.endpoints;
        let url = profile.ok_or_else(|| Failure::untrusted("no profile URL"))?;
        Ok(ProfileRequest::of_stranger(
            descriptor.provider,
            issuer,
            &url,
            &self.access_token,
        ))
    }

    fn id_token(self, descriptor: &Descriptor) -> Result<Evidence, Failure> {
        let endpoints = self.pending.endpoints;
        let id_token = self
            .id_token
            .ok_or_else(|| Failure::untrusted("the token answer has no id_token"))?;
        let nonce = self
            .pending
            .nonce
            .ok_or_else(|| Failure::untrusted("the sign-in has no nonce"))?;
        let expectation = Expectation {
            provider: descriptor.provider,
            issuer: endpoints.issuer,
            audience: Audience::of_server(descriptor),
            nonce: Nonce::Exactly(nonce),
        };
        let keys = endpoints.jwks;
        let proof = IdTokenProof {
            keys: keys.ok_or_else(|| Failure::untrusted("no keys URL"))?,
            expectation,
            names: self.names,
            access_token: Some(self.access_token),
            userinfo: endpoints.profile,
        };
        let token = UnverifiedToken::read(TokenKind::IdToken, &id_token)?;
        Ok(Evidence::IdToken(token, proof))
    }
}

/// The one object in `{"data":[…]}`, or the answer itself if it is not wrapped.
pub(super) fn unwrapped(mut answer: Map<String, Value>) -> Map<String, Value> {
    match answer.get_mut("data").and_then(Value::as_array_mut) {
        Some(list) if list.len() == 1 => match list.pop() {
            Some(Value::Object(inner)) => inner,
            _ => Map::new(),
        },
        _ => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Provider;
    use super::super::callback::{Callback, Outcome};
    use super::super::example::{NOW, begun, data_keys, descriptor, good, pairs, sent};
    use super::*;
    use crate::error::Why;
    use serde_json::json;

    fn request(provider: Provider) -> TokenRequest {
        let begun = begun(provider);
        let parameters = [
            ("code", "4/0AX+y"),
            ("state", begun.state.expose()),
            ("iss", &begun.pending.endpoints.issuer.clone()),
        ];
        let callback = Callback::read(pairs(&parameters)).unwrap();
        match Outcome::of(begun.pending, provider, callback) {
            Ok(Outcome::Returned(returned)) => returned
                .token_request(&descriptor(provider), &data_keys(), NOW)
                .unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn read(provider: Provider, answer: &Value) -> Result<ProviderTokens, Failure> {
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
        match Outcome::of(begun.pending, Provider::Google, callback) {
            Ok(Outcome::Returned(returned)) => {
                let google = descriptor(Provider::Google);
                let request = returned.token_request(&google, &data_keys(), NOW);
                assert!(matches!(request, Err(Error::Internal(_))), "{request:?}");
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
            Err(failure) => failure.error == Error::Strategy(Why::InvalidCredentials),
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
    fn a_promised_id_token_may_not_be_missing() {
        for provider in [Provider::Google, Provider::Apple, Provider::Keycloak] {
            let answer = json!({ "access_token": "x", "token_type": "Bearer" });
            let tokens = read(provider, &answer).unwrap();
            let evidence = tokens.evidence(&descriptor(provider));
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
