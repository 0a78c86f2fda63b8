//! What an id_token must claim (OIDC Core §3.1.3.7).

use serde_json::{Map, Value};

use crate::auth::federation::failure::ProviderFailure;
use crate::auth::federation::identity::claims::{check_issuer, check_times, subject};
use crate::auth::federation::provider::audience::Audience;
use crate::auth::federation::provider::spec::Provider;
use crate::auth::jose::provider_token::SignedClaims;
use crate::auth::jose::token_kind::TokenKind;
use crate::auth::secret::constant_time_eq;
use crate::auth::time::Timestamp;

/// What must be claimed.
#[derive(Debug)]
pub struct Expectation {
    /// The provider that must have issued it.
    pub(in crate::auth::federation) provider: Provider,
    /// As identities spell it.
    pub(in crate::auth::federation) issuer: String,
    /// The clients it may have been issued to.
    pub(in crate::auth::federation) audience: Audience,
    /// Whether it must be of one certain sign-in.
    pub(in crate::auth::federation) nonce: Nonce,
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
    pub(in crate::auth::federation) issuer: String,
    /// The person.
    pub subject: String,
    pub(in crate::auth::federation) claims: Map<String, Value>,
}

impl Expectation {
    /// Checks the claims at `now`; the reason says which one is wrong.
    pub fn check(
        self,
        signed: SignedClaims,
        now: Timestamp,
    ) -> Result<VerifiedClaims, ProviderFailure> {
        let SignedClaims(claims) = signed;
        let kind = TokenKind::IdToken;
        check_issuer(kind, self.provider, &self.issuer, &claims)?;
        self.audience.check(&claims)?;
        check_times(kind, &claims, now)?;
        let seen = claims.get("nonce").and_then(Value::as_str);
        if let Nonce::Exactly(nonce) = &self.nonce
            && !constant_time_eq(seen.unwrap_or_default().as_bytes(), nonce.as_bytes())
        {
            return Err(ProviderFailure::untrusted("the id_token's nonce is wrong"));
        }
        let subject = subject(claims.get("sub"))
            .ok_or_else(|| ProviderFailure::untrusted("the id_token's sub cannot be one"))?;
        Ok(VerifiedClaims {
            issuer: self.issuer,
            subject,
            claims,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::{NOW, NOW_SECONDS, settings_with};
    use serde_json::json;

    fn google(nonce: Nonce) -> Expectation {
        let settings = settings_with(&[("GOOGLE_AUTH_CLIENT_ID", "us")]).unwrap();
        let config = settings.provider(Provider::Google).unwrap();
        Expectation {
            provider: Provider::Google,
            issuer: "https://accounts.google.com".to_owned(),
            audience: Audience::of_server(config),
            nonce,
        }
    }

    /// Claims as Google makes them, with one of them changed, or left out if null.
    fn claims(name: &str, value: Value) -> SignedClaims {
        let mut claims = json!({
            "iss": "https://accounts.google.com", "azp": "us", "aud": "us",
            "sub": "10769150350006150715113082367", "nonce": "n",
            "iat": NOW_SECONDS - 5, "exp": NOW_SECONDS + 3595,
        });
        claims[name] = value;
        let mut claims = claims.as_object().unwrap().clone();
        claims.retain(|_, value| !value.is_null());
        SignedClaims(claims)
    }

    fn check(name: &str, value: Value) -> Result<VerifiedClaims, ProviderFailure> {
        google(Nonce::Exactly("n".to_owned())).check(claims(name, value), NOW)
    }

    fn refused(name: &str, value: &Value) {
        let failure = check(name, value.clone()).map(|claims| claims.subject);
        let failure = failure.expect_err(&format!("{name} {value}"));
        assert_eq!(
            failure.error,
            crate::error::ErrorKind::Unauthenticated(crate::error::Reason::InvalidCredentials)
        );
    }

    #[test]
    fn good_claims_are_verified_and_their_issuer_has_one_spelling() {
        for iss in ["https://accounts.google.com", "accounts.google.com"] {
            let verified = check("iss", json!(iss)).unwrap();
            assert_eq!(verified.issuer, "https://accounts.google.com");
            assert_eq!(verified.subject, "10769150350006150715113082367");
        }
    }

    #[test]
    fn iss_must_be_the_provider() {
        for iss in [
            json!("https://accounts.google.com/"),
            json!("http://accounts.google.com"),
            json!("https://accounts.google.com.evil.example"),
            json!("https://kc.example/realms/demo"),
            json!(["https://accounts.google.com"]),
            json!(""),
            Value::Null,
        ] {
            refused("iss", &iss);
        }
    }

    #[test]
    fn aud_must_be_us() {
        for aud in [
            json!("them"),
            json!("US"),
            json!(["them"]),
            json!([]),
            json!({ "us": "us" }),
            json!(1),
            Value::Null,
        ] {
            refused("aud", &aud);
        }
        assert!(check("aud", json!(["us"])).is_ok());
        assert!(check("aud", json!(["them", "us"])).is_ok(), "azp names us");
    }

    #[test]
    fn azp_must_be_us_if_it_is_there_or_needed() {
        for azp in [json!("them"), json!(1), json!(["us"]), json!("")] {
            refused("azp", &azp);
        }
        assert!(check("azp", Value::Null).is_ok());
        let mut several = claims("azp", Value::Null);
        several.0.insert("aud".to_owned(), json!(["us", "them"]));
        assert!(google(Nonce::NotAsked).check(several, NOW).is_err());
    }

    #[test]
    fn times_must_be_now() {
        for (name, value) in [
            ("exp", json!(NOW_SECONDS)),
            ("exp", json!(NOW_SECONDS - 1)),
            ("exp", json!(0)),
            ("exp", json!((NOW_SECONDS + 60).to_string())),
            ("exp", Value::Null),
            ("iat", json!(NOW_SECONDS + 61)),
            ("iat", json!("now")),
            ("iat", Value::Null),
            ("nbf", json!(NOW_SECONDS + 61)),
            ("nbf", json!("now")),
        ] {
            refused(name, &value);
        }
        for (name, value) in [
            ("exp", json!(NOW_SECONDS + 1)),
            ("exp", json!(1e300)),
            ("iat", json!(NOW_SECONDS + 60)),
            ("nbf", json!(NOW_SECONDS + 60)),
        ] {
            assert!(check(name, value.clone()).is_ok(), "{name} {value}");
        }
    }

    #[test]
    fn the_nonce_is_of_this_sign_in() {
        for nonce in [
            json!("N"),
            json!("nn"),
            json!(""),
            json!(["n"]),
            Value::Null,
        ] {
            refused("nonce", &nonce);
        }
        let other = claims("nonce", json!("an app's own"));
        assert!(google(Nonce::NotAsked).check(other, NOW).is_ok());
    }

    #[test]
    fn a_subject_is_text_of_bearable_length() {
        for sub in [
            json!(""),
            json!("x".repeat(256)),
            json!("a\nb"),
            json!("a\u{0}"),
            json!(1),
            json!(["x"]),
            Value::Null,
        ] {
            refused("sub", &sub);
        }
        assert!(check("sub", json!("x".repeat(255))).is_ok());
    }
}
