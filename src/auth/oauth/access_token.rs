//! Signing in with a token that an app already has from a provider: it must have been issued to us.
//!
//! An id_token is verified like one of a sign-in, but for the nonce. An access token is a question
//! to the provider: to whom was it issued, and about whom? Any app's token would open any account
//! if that were not asked.

use serde_json::{Map, Value};
use url::Url;

use super::call::{Answer, Call, token_text};
use super::descriptor::{Credential, Descriptor, Endpoints};
use super::id_token::{Expectation, Nonce, identifier};
use super::jws::{Parts, UnverifiedToken};
use super::profile::{Found, IdTokenProof, Names, Profile};
use super::provider::{Proof, TokenSignIn};
use super::{Failure, Provider, address};
use crate::auth::secret::Secret;
use crate::error::Error;

/// A token that was presented, and what is to be done about it.
#[derive(Debug)]
pub enum Presented {
    /// It says who came, once it is verified.
    IdToken(UnverifiedToken, IdTokenProof),
    /// Ask whose it is.
    AccessToken(Inquiry),
}

/// The question to whom an access token was issued, and about whom.
#[derive(Debug)]
pub struct Inquiry {
    /// To be sent.
    pub call: Call,
    kind: Kind,
    provider: Provider,
    issuer: String,
    client_id: String,
    token: Secret,
    profile: Option<Url>,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    TokenInfo,
    DebugToken,
    Introspection,
}

impl Presented {
    /// Looks at a token; [`Error::NoSuchPath`] if the provider takes no part in this.
    pub fn new(
        descriptor: &Descriptor,
        endpoints: Endpoints,
        token: &Secret,
        now: i64,
    ) -> Result<Self, Failure> {
        if matches!(descriptor.row().token_sign_in, TokenSignIn::No) {
            return Err(Error::NoSuchPath.into());
        }
        let token = token_text(token.expose())
            .ok_or_else(|| Failure::untrusted("the token cannot be one"))?;
        let parts = Parts::read(token.expose()).filter(Parts::may_be_id_token);
        match (&descriptor.row().proof, parts) {
            (Proof::IdToken(_), Some(parts)) => id_token(descriptor, endpoints, parts),
            _ => Inquiry::new(descriptor, endpoints, token, now).map(Self::AccessToken),
        }
    }
}

fn id_token(
    descriptor: &Descriptor,
    endpoints: Endpoints,
    parts: Parts,
) -> Result<Presented, Failure> {
    let keys = endpoints.jwks;
    let proof = IdTokenProof {
        keys: keys.ok_or_else(|| Failure::untrusted("no keys URL"))?,
        expectation: Expectation {
            provider: descriptor.provider,
            issuer: endpoints.issuer,
            audience: descriptor.client_id.clone(),
            nonce: Nonce::NotAsked,
        },
        names: Names::default(),
        access_token: None,
        userinfo: None,
    };
    Ok(Presented::IdToken(parts.into_unverified()?, proof))
}

impl Inquiry {
    fn new(
        descriptor: &Descriptor,
        endpoints: Endpoints,
        token: Secret,
        now: i64,
    ) -> Result<Self, Failure> {
        let (kind, call) = match descriptor.row().token_sign_in {
            TokenSignIn::TokenInfo(_) => (Kind::TokenInfo, token_info(descriptor, &token)),
            TokenSignIn::DebugToken(_) => (Kind::DebugToken, debug_token(descriptor, &token)),
            TokenSignIn::Introspection => (
                Kind::Introspection,
                introspection(descriptor, &endpoints, &token, now)?,
            ),
            TokenSignIn::No | TokenSignIn::IdToken => {
                return Err(Failure::untrusted("the token is not an id_token"));
            }
        };
        Ok(Self {
            call: call.ok_or_else(|| Failure::untrusted("nobody to ask about the token"))?,
            kind,
            provider: descriptor.provider,
            issuer: endpoints.issuer,
            client_id: descriptor.client_id.clone(),
            token,
            profile: endpoints.profile,
        })
    }

    /// Reads the answer at `now` (epoch milliseconds): the token is good, ours, and about somebody.
    pub fn read(self, answer: &Answer<'_>, now: i64) -> Result<Found, Failure> {
        let mut answer = answer.object("the token check")?;
        if matches!(self.kind, Kind::DebugToken) {
            answer = match answer.remove("data") {
                Some(Value::Object(data)) => data,
                _ => return Err(Failure::untrusted("the token check says nothing")),
            };
        }
        let (owner, person) = match self.kind {
            Kind::TokenInfo => ("aud", "sub"),
            Kind::DebugToken => ("app_id", "user_id"),
            Kind::Introspection => ("client_id", "sub"),
        };
        if !self.is_good(&answer, now) {
            return Err(Failure::untrusted("the token is not good any more"));
        }
        if identifier(answer.get(owner)).as_ref() != Some(&self.client_id) {
            return Err(Failure::untrusted("the token was issued to another client"));
        }
        let subject = identifier(answer.get(person))
            .ok_or_else(|| Failure::untrusted("the token is about nobody"))?;
        let profile = Profile::nameless(self.provider, self.issuer, subject);
        Ok(profile.with_names_from(self.profile.as_ref(), Some(&self.token)))
    }

    /// Whether the provider says that it is an access token in force.
    fn is_good(&self, answer: &Map<String, Value>, now: i64) -> bool {
        let is_true = |name: &str| answer.get(name) == Some(&Value::Bool(true));
        let is_or_absent =
            |name: &str, expected: &str| answer.get(name).is_none_or(|value| value == expected);
        // Google writes numbers as text.
        let seconds = |name: &str| match answer.get(name) {
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_i64(),
            None => None,
        };
        let is_before = |exp: i64| now < exp.saturating_mul(1000);
        match self.kind {
            Kind::TokenInfo => seconds("exp").is_some_and(is_before),
            // 0: it does not end.
            Kind::DebugToken => {
                let end = seconds("expires_at");
                is_true("is_valid")
                    && is_or_absent("type", "USER")
                    && end.is_none_or(|exp| exp == 0 || is_before(exp))
            }
            Kind::Introspection => {
                is_true("active")
                    && is_or_absent("iss", &self.issuer)
                    && is_or_absent("typ", "Bearer")
                    && seconds("exp").is_none_or(is_before)
            }
        }
    }
}

/// <https://developers.google.com/identity/protocols/oauth2>: GET with the token in the query.
fn token_info(descriptor: &Descriptor, token: &Secret) -> Option<Call> {
    let url = descriptor.token_check.as_ref()?;
    let parameters = [("access_token", token.expose())];
    Some(Call::get(address::with_parameters(url, &parameters)))
}

/// <https://developers.facebook.com/docs/graph-api/reference/debug_token>: asked as the app.
fn debug_token(descriptor: &Descriptor, token: &Secret) -> Option<Call> {
    let url = descriptor.token_check.as_ref()?;
    let Credential::Secret(secret) = &descriptor.credential else {
        return None;
    };
    let app = format!("{}|{}", descriptor.client_id, secret.expose());
    let parameters = [("input_token", token.expose()), ("access_token", &app)];
    Some(Call::get(address::with_parameters(url, &parameters)))
}

/// RFC 7662 §2.1.
fn introspection(
    descriptor: &Descriptor,
    endpoints: &Endpoints,
    token: &Secret,
    now: i64,
) -> Result<Option<Call>, Error> {
    let parameters = [
        ("token", token.expose()),
        ("token_type_hint", "access_token"),
    ];
    let call = |url| Call::authenticated(descriptor, endpoints, url, &parameters, now);
    endpoints.introspection.as_ref().map(call).transpose()
}
