//! The exchange: a code becomes tokens (RFC 6749 §4.1.3, OIDC Core §3.1.3).

use serde_json::{Map, Value};

use super::Failure;
use super::begin::PendingSignIn;
use super::call::{Answer, Call, token};
use super::callback::Returned;
use super::descriptor::{Descriptor, Endpoints};
use super::id_token::{Expectation, Nonce};
use super::jws::UnverifiedToken;
use super::profile::{IdTokenProof, Names, ProfileRequest};
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
        let Endpoints {
            issuer,
            jwks,
            profile,
            ..
        } = self.pending.endpoints;
        let row = descriptor.row();
        if matches!(row.proof, Proof::Profile(_)) {
            let url = profile.ok_or_else(|| Failure::untrusted("no profile URL"))?;
            return Ok(Evidence::Profile(ProfileRequest::of_stranger(
                descriptor.provider,
                issuer,
                &url,
                &self.access_token,
            )));
        }
        let id_token = self
            .id_token
            .ok_or_else(|| Failure::untrusted("the token answer has no id_token"))?;
        let nonce = self
            .pending
            .nonce
            .ok_or_else(|| Failure::untrusted("the sign-in has no nonce"))?;
        let expectation = Expectation {
            provider: descriptor.provider,
            issuer,
            audience: descriptor.client_id.clone(),
            nonce: Nonce::Exactly(nonce),
        };
        Ok(Evidence::IdToken(
            UnverifiedToken::read(&id_token)?,
            IdTokenProof {
                keys: jwks.ok_or_else(|| Failure::untrusted("no keys URL"))?,
                expectation,
                names: self.names,
                access_token: Some(self.access_token),
                userinfo: profile,
            },
        ))
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
