//! `private_key_jwt`: a client authenticates by a JWT that it has signed (RFC 7523 §3, OIDC Core §9).

use serde_json::{Map, Value};

use super::OAuthClient;
use crate::auth::id::ClientId;
use crate::auth::jose::algorithm::SignatureAlgorithm;
use crate::auth::jose::compact::CompactJws;
use crate::auth::jose::provider_token::{SignedClaims, UnverifiedToken};
use crate::auth::jose::token_kind::TokenKind;
use crate::auth::oauth::failure::Failure;
use crate::auth::oauth::one_use::OneUse;
use crate::auth::time::{Seconds, Timestamp};

/// How far the client's clock may be off (FAPI 2.0 §5.3.2.1: 10 s do, 60 do not).
const CLOCK_SKEW: Seconds = Seconds::new(30);
/// How far in the future an assertion may end: its `jti` is kept as long.
const LONGEST_LIFE: Seconds = Seconds::DAY;

/// What an assertion is addressed to.
#[derive(Debug, Clone, Copy)]
pub struct Addressee<'a> {
    /// The issuer, which is what the standards recommend.
    pub issuer: &'a str,
    /// The token endpoint, which older libraries write at every endpoint.
    pub token_endpoint: &'a str,
    /// The endpoint that is called.
    pub endpoint: &'a str,
}

impl OAuthClient {
    /// Takes an assertion of this client's apart, for its signature to be verified.
    ///
    /// # Errors
    ///
    /// `invalid_client` where it is none, or signed in a way that the client may not use.
    pub fn read_assertion(&self, assertion: CompactJws) -> Result<UnverifiedToken, Failure> {
        let alg = assertion.header_text("alg").unwrap_or_default();
        let algorithm = SignatureAlgorithm::from_name(alg);
        let fapi = self.fapi && algorithm == Some(SignatureAlgorithm::Rs256);
        let other = self.assertion_algorithm.is_some() && self.assertion_algorithm != algorithm;
        if fapi || other {
            return Err(Failure::invalid_client());
        }
        UnverifiedToken::read(TokenKind::ClientAssertion, assertion)
            .map_err(|_| Failure::invalid_client())
    }

    /// Checks what a verified assertion claims, and tells what makes it good for one use.
    ///
    /// # Errors
    ///
    /// `invalid_client`.
    pub fn check_assertion(
        &self,
        client_id: &ClientId,
        signed: &SignedClaims,
        addressee: Addressee<'_>,
        now: Timestamp,
    ) -> Result<OneUse, Failure> {
        let SignedClaims(claims) = signed;
        let own = |name: &str| {
            claims
                .get(name)
                .is_some_and(|value| value == client_id.as_str())
        };
        let jti = claims
            .get("jti")
            .and_then(Value::as_str)
            .filter(|jti| !jti.is_empty());
        let expires = in_time(claims, now);
        match (jti, expires) {
            (Some(jti), Some(expires))
                if own("iss") && own("sub") && self.is_addressed(claims, addressee) =>
            {
                Ok(OneUse::of_assertion(client_id, jti, expires + CLOCK_SKEW))
            }
            _ => Err(Failure::invalid_client()),
        }
    }

    /// FAPI 2.0 §5.3.2.1: the issuer as a single string. Others may name an endpoint, or several.
    fn is_addressed(&self, claims: &Map<String, Value>, addressee: Addressee<'_>) -> bool {
        let known = [
            addressee.issuer,
            addressee.token_endpoint,
            addressee.endpoint,
        ];
        match claims.get("aud") {
            Some(Value::String(one)) if self.fapi => one == addressee.issuer,
            Some(Value::String(one)) => known.contains(&one.as_str()),
            Some(Value::Array(several)) if !self.fapi => {
                let several: Option<Vec<&str>> = several.iter().map(Value::as_str).collect();
                several.is_some_and(|several| several.iter().any(|one| known.contains(one)))
            }
            _ => false,
        }
    }
}

/// The end of an assertion that is good now.
fn in_time(claims: &Map<String, Value>, now: Timestamp) -> Option<Timestamp> {
    let time = |name| claims.get(name).map(|value| numeric_date(value).ok_or(()));
    let begun = |name| match time(name) {
        None => true,
        Some(start) => start.is_ok_and(|start| start <= now + CLOCK_SKEW),
    };
    let expires = time("exp")?.ok()?;
    let alive = now < expires + CLOCK_SKEW && expires <= now + LONGEST_LIFE;
    (alive && begun("nbf") && begun("iat")).then_some(expires)
}

/// A `NumericDate` (RFC 7519 §2), whose fraction of a second is dropped.
fn numeric_date(value: &Value) -> Option<Timestamp> {
    let seconds = value.as_f64().filter(|seconds| seconds.is_finite())?;
    #[expect(clippy::cast_possible_truncation, reason = "a cast saturates")]
    let seconds = seconds as i64;
    Some(Timestamp::from_seconds(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::jose::example::Signer256;
    use crate::auth::oauth::client::example::client;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const ISSUER: &str = "https://login.example";
    const TOKEN: &str = "https://login.example/oauth/token";
    const PAR: &str = "https://login.example/oauth/par";

    fn checked(client: &OAuthClient, changes: &Value) -> Result<OneUse, Failure> {
        let mut claims = json!({
            "iss": "app", "sub": "app", "aud": ISSUER, "jti": "j",
            "exp": NOW.seconds() + 60, "iat": NOW.seconds(),
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let claims = SignedClaims(claims.as_object().unwrap().clone());
        let addressee = Addressee {
            issuer: ISSUER,
            token_endpoint: TOKEN,
            endpoint: PAR,
        };
        client.check_assertion(&ClientId::new("app"), &claims, addressee, NOW)
    }

    fn fapi() -> OAuthClient {
        OAuthClient {
            fapi: true,
            ..client()
        }
    }

    #[test]
    fn an_assertion_claims_its_client_an_end_and_an_id() {
        assert!(checked(&client(), &json!({})).is_ok());
        let seconds = NOW.seconds();
        for changes in [
            json!({ "iss": "other" }),
            json!({ "sub": null }),
            json!({ "sub": ["app"] }),
            json!({ "jti": null }),
            json!({ "jti": "" }),
            json!({ "jti": 1 }),
            json!({ "exp": null }),
            json!({ "exp": "1800000060" }),
            json!({ "exp": seconds - 300 }),
            json!({ "exp": seconds - 30 }),
            json!({ "exp": seconds + 86_401 }),
            json!({ "exp": 1e300 }),
            json!({ "nbf": seconds + 61 }),
            json!({ "nbf": "x" }),
            json!({ "iat": seconds + 61 }),
            json!({ "iat": null }),
        ] {
            assert!(checked(&client(), &changes).is_err(), "{changes}");
        }
        for changes in [
            json!({ "exp": seconds - 29 }),
            json!({ "exp": seconds + 60, "nbf": seconds + 8 }),
            json!({ "exp": NOW.seconds() as f64 + 0.5 }),
        ] {
            assert!(checked(&client(), &changes).is_ok(), "{changes}");
        }
    }

    #[test]
    fn fapi_clients_address_the_issuer_alone() {
        for (aud, common, strict) in [
            (json!(ISSUER), true, true),
            (json!([ISSUER]), true, false),
            (json!(TOKEN), true, false),
            (json!(PAR), true, false),
            (json!(["https://other.example", TOKEN]), true, false),
            (json!([ISSUER, 1]), false, false),
            (json!("https://login.example/"), false, false),
            (json!("https://other.example"), false, false),
            (json!([]), false, false),
            (Value::Null, false, false),
        ] {
            let changes = json!({ "aud": aud });
            assert_eq!(checked(&client(), &changes).is_ok(), common, "{aud}");
            assert_eq!(checked(&fapi(), &changes).is_ok(), strict, "{aud}");
        }
    }

    #[test]
    fn an_algorithm_is_one_that_the_client_may_use() {
        let signer = Signer256::new("a", 1);
        let read = |client: &OAuthClient, alg: &str| {
            let token =
                signer.sign_as(&json!({ "alg": alg, "kid": "a" }), &json!({ "sub": "app" }));
            client
                .read_assertion(CompactJws::read(&token).unwrap())
                .is_ok()
        };
        for (alg, common, strict) in [
            ("ES256", true, true),
            ("PS256", true, true),
            ("EdDSA", true, true),
            ("Ed25519", true, true),
            ("RS256", true, false),
            ("HS256", false, false),
            ("none", false, false),
        ] {
            assert_eq!(read(&client(), alg), common, "{alg}");
            assert_eq!(read(&fapi(), alg), strict, "{alg}");
        }
        let one = OAuthClient {
            assertion_algorithm: Some(SignatureAlgorithm::Ps256),
            ..client()
        };
        assert!(read(&one, "PS256") && !read(&one, "ES256"));
    }

    #[test]
    fn the_same_id_of_another_client_is_another_use() {
        let one = checked(&client(), &json!({})).unwrap();
        let again = checked(&client(), &json!({ "iat": NOW.seconds() - 1 })).unwrap();
        assert_eq!(one.key, again.key);
        let other = OneUse::of_assertion(&ClientId::new("other"), "j", NOW);
        assert_ne!(one.key, other.key);
    }
}
