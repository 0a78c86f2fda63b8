//! What an id_token must claim (OIDC Core §3.1.3.7).

use serde_json::{Map, Value};

use super::call::quoted;
use super::jws::SignedClaims;
use super::{Failure, Provider};
use crate::auth::secret::constant_time_eq;

/// How far a provider's clock may be ahead of ours, in seconds.
const CLOCK_SKEW: f64 = 60.0;
/// The longest subject (OIDC Core §2), in bytes.
const MAX_SUBJECT: usize = 255;

/// What must be claimed.
#[derive(Debug)]
pub struct Expectation {
    /// Whose id_token it must be.
    pub(super) provider: Provider,
    /// As identities spell it.
    pub(super) issuer: String,
    /// Our client id.
    pub(super) audience: String,
    /// Whether it must be of one certain sign-in.
    pub(super) nonce: Nonce,
}

/// Whether an id_token must be of one certain sign-in.
#[derive(Debug)]
pub enum Nonce {
    /// It must repeat this.
    Exactly(String),
    /// It came from an app, not from a sign-in of ours.
    NotAsked,
}

/// Claims that are verified in full. Only [`Expectation::check`] makes them.
#[derive(Debug)]
pub struct VerifiedClaims {
    /// As identities spell it.
    pub issuer: String,
    /// The person.
    pub subject: String,
    pub(super) claims: Map<String, Value>,
}

impl Expectation {
    /// Checks the claims at `now` (epoch milliseconds); the reason says which one is wrong.
    pub fn check(self, signed: SignedClaims, now: i64) -> Result<VerifiedClaims, Failure> {
        let SignedClaims(claims) = signed;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let iss = text("iss").unwrap_or_default();
        if !self.provider.row().is_issuer(iss, &self.issuer) {
            let iss = quoted(iss);
            return Err(Failure::untrusted(format!("the id_token's iss is {iss}")));
        }
        self.check_audience(&claims)?;
        check_times(&claims, now)?;
        if let Nonce::Exactly(nonce) = &self.nonce
            && !constant_time_eq(
                text("nonce").unwrap_or_default().as_bytes(),
                nonce.as_bytes(),
            )
        {
            return Err(Failure::untrusted("the id_token's nonce is wrong"));
        }
        let subject = subject(claims.get("sub"))
            .ok_or_else(|| Failure::untrusted("the id_token's sub cannot be one"))?;
        Ok(VerifiedClaims {
            issuer: self.issuer,
            subject,
            claims,
        })
    }

    /// We are in `aud`; if others are too, or if `azp` is there, it names us.
    fn check_audience(&self, claims: &Map<String, Value>) -> Result<(), Failure> {
        let is_us = |value: &Value| value.as_str() == Some(self.audience.as_str());
        let (ours, alone) = match claims.get("aud") {
            Some(Value::Array(list)) => (list.iter().any(is_us), list.len() == 1),
            Some(value) => (is_us(value), true),
            None => (false, true),
        };
        if !ours {
            return Err(Failure::untrusted("the id_token's aud is another client"));
        }
        let authorized = match claims.get("azp") {
            Some(value) => is_us(value),
            None => alone,
        };
        if authorized {
            Ok(())
        } else {
            Err(Failure::untrusted("the id_token's azp is another client"))
        }
    }
}

fn check_times(claims: &Map<String, Value>, now: i64) -> Result<(), Failure> {
    let seconds = |name: &str| claims.get(name).map(Value::as_f64);
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of this age are exact"
    )]
    let now = now as f64 / 1000.0;
    if !seconds("exp").flatten().is_some_and(|exp| now < exp) {
        return Err(Failure::untrusted("the id_token has expired"));
    }
    if !seconds("iat")
        .flatten()
        .is_some_and(|iat| iat <= now + CLOCK_SKEW)
    {
        return Err(Failure::untrusted("the id_token's iat is in the future"));
    }
    match seconds("nbf") {
        None => Ok(()),
        Some(Some(nbf)) if nbf <= now + CLOCK_SKEW => Ok(()),
        Some(_) => Err(Failure::untrusted("the id_token is not valid yet")),
    }
}

/// A subject as a provider writes it: not empty, not endless, without control characters.
pub(super) fn subject(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    let fits = (1..=MAX_SUBJECT).contains(&text.len()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

/// [`subject`], where the provider may write it as a number, as Meta does here and there.
pub(super) fn identifier(value: Option<&Value>) -> Option<String> {
    match value?.as_u64() {
        Some(number) => Some(number.to_string()),
        None => subject(value),
    }
}
