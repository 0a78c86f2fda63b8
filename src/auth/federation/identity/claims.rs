//! What the claims of every kind of token are held to (RFC 7519 §4.1), and how single ones are read.

use serde_json::{Map, Value};

use crate::auth::federation::failure::ProviderFailure;
use crate::auth::federation::provider::spec::Provider;
use crate::auth::jose::invalid::quoted;
use crate::auth::jose::token_kind::TokenKind;
use crate::auth::secret::digest;
use crate::auth::time::Timestamp;

/// How far a provider's clock may be ahead of ours, in seconds.
const CLOCK_SKEW: f64 = 60.0;
/// The end of the year 9999: no later time is stored.
const END_OF_TIME: Timestamp = Timestamp::from_seconds(253_402_300_799);
/// The longest subject (OIDC Core §2), in bytes.
const MAX_SUBJECT: usize = 255;

/// The `iss` must name the provider.
pub(in crate::auth::federation) fn check_issuer(
    kind: TokenKind,
    provider: Provider,
    issuer: &str,
    claims: &Map<String, Value>,
) -> Result<(), ProviderFailure> {
    let iss = claims.get("iss").and_then(Value::as_str);
    let iss = iss.unwrap_or_default();
    if provider.spec().is_token_issuer(iss, issuer) {
        return Ok(());
    }
    let (name, iss) = (kind.name(), quoted(iss));
    Err(ProviderFailure::untrusted(format!(
        "the {name}'s iss is {iss}, not {issuer}"
    )))
}

/// The times must be there and be now: `exp` ahead, `iat` and `nbf` not.
pub(in crate::auth::federation) fn check_times(
    kind: TokenKind,
    claims: &Map<String, Value>,
    now: Timestamp,
) -> Result<(), ProviderFailure> {
    let name = kind.name();
    let seconds = |name: &str| claims.get(name).map(Value::as_f64);
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of this age are exact"
    )]
    let now = now.millis() as f64 / 1000.0;
    if !seconds("exp").flatten().is_some_and(|exp| now < exp) {
        return Err(ProviderFailure::untrusted(format!(
            "the {name} has expired"
        )));
    }
    if !seconds("iat")
        .flatten()
        .is_some_and(|iat| iat <= now + CLOCK_SKEW)
    {
        return Err(ProviderFailure::untrusted(format!(
            "the {name}'s iat is in the future"
        )));
    }
    match seconds("nbf") {
        None => Ok(()),
        Some(Some(nbf)) if nbf <= now + CLOCK_SKEW => Ok(()),
        Some(_) => Err(ProviderFailure::untrusted(format!(
            "the {name} is not valid yet"
        ))),
    }
}

/// The end of claims whose times were checked: at most [`END_OF_TIME`], and
/// a fraction of a second is dropped.
pub(in crate::auth::federation) fn expiry(claims: &Map<String, Value>) -> Timestamp {
    let seconds = claims.get("exp").and_then(Value::as_f64);
    #[expect(clippy::cast_possible_truncation, reason = "a cast saturates")]
    let milliseconds = (seconds.unwrap_or_default() * 1000.0) as i64;
    Timestamp::from_millis(milliseconds).min(END_OF_TIME)
}

/// A subject as a provider writes it: not empty, not endless, without control characters.
pub(in crate::auth::federation) fn subject(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    let fits = (1..=MAX_SUBJECT).contains(&text.len()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

/// [`subject`], where the provider may write it as a number, as Meta does here and there.
pub(in crate::auth::federation) fn identifier(value: Option<&Value>) -> Option<String> {
    match value?.as_u64() {
        Some(number) => Some(number.to_string()),
        None => subject(value),
    }
}

/// Rejects a token that is bound to a key (RFC 7800): it needs a proof of possession, which no request
/// here carries.
pub(in crate::auth::federation) fn check_bearer(
    claims: &Map<String, Value>,
) -> Result<(), ProviderFailure> {
    if claims.contains_key("cnf") {
        let why = "the access token is bound to a key (cnf), where a bearer token is expected";
        return Err(ProviderFailure::untrusted(why));
    }
    Ok(())
}

/// The stored key of a provider's session, made from the `sid` of any of its tokens.
pub(in crate::auth::federation) fn session_key(
    provider: Provider,
    issuer: &str,
    claims: &Map<String, Value>,
) -> Option<String> {
    let sid = subject(claims.get("sid"))?;
    Some(key(provider, issuer, &sid))
}

/// One length for any identifier of a provider, and different for each provider and issuer: none of
/// the parts can hold a line break.
pub(in crate::auth::federation) fn key(provider: Provider, issuer: &str, id: &str) -> String {
    digest(&format!("{}\n{issuer}\n{id}", provider.name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_identifier_may_be_a_number() {
        assert_eq!(identifier(Some(&json!(12))).as_deref(), Some("12"));
        assert_eq!(identifier(Some(&json!("x"))).as_deref(), Some("x"));
        assert_eq!(identifier(Some(&json!(-1))), None);
        assert_eq!(identifier(Some(&json!(1.5))), None);
    }

    #[test]
    fn an_end_is_one_that_can_be_stored() {
        let end = |exp: Value| expiry(json!({ "exp": exp }).as_object().unwrap());
        assert_eq!(
            end(json!(1_785_499_200)),
            Timestamp::from_millis(1_785_499_200_000)
        );
        assert_eq!(
            end(json!(1_785_499_200.5)),
            Timestamp::from_millis(1_785_499_200_500)
        );
        assert_eq!(end(json!(1e300)), END_OF_TIME);
    }
}
