//! A logout token: the provider's word that a session there is over (OpenID Connect Back-Channel
//! Logout 1.0), by which the sessions that came from it end here.

use serde_json::Value;
use url::Url;

use crate::auth::federation::failure::ProviderFailure;
use crate::auth::federation::http::call::{no_token, token_text};
use crate::auth::federation::identity::claims::{
    check_issuer, check_times, expiry, key, session_key, subject,
};
use crate::auth::federation::provider::audience::Audience;
use crate::auth::federation::provider::config::ProviderConfig;
use crate::auth::federation::provider::endpoints::Endpoints;
use crate::auth::federation::provider::spec::Provider;
use crate::auth::jose::provider_token::{SignedClaims, UnverifiedToken};
use crate::auth::jose::token_kind::TokenKind;
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;

/// The member of `events` that makes a token a logout token (§2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a logout token must claim, once its signature is verified.
#[derive(Debug)]
pub struct LogoutTokenProof {
    /// Where the provider's keys are.
    pub keys: Url,
    provider: Provider,
    issuer: String,
    audience: Audience,
}

/// A session or a subject of a provider whose sessions here are to end. Only
/// [`LogoutTokenProof::check`] makes it.
#[derive(Debug, PartialEq, Eq)]
pub struct ProviderLogout {
    /// Where.
    pub provider: Provider,
    /// The issuer of the subject.
    pub issuer: String,
    /// The person, if the token names one.
    pub subject: Option<String>,
    /// The session there (`session_key`), if the token names one.
    pub session: Option<String>,
    /// What the token is known by when it comes again: digest of provider, issuer and `jti`.
    pub token: String,
    /// The token's end.
    pub expires_on: Timestamp,
    /// Whether the identity goes as well.
    pub forgets: bool,
}

impl LogoutTokenProof {
    /// Takes a posted token apart, and says what it must prove. A provider tells each client of its
    /// sessions, so a token may be addressed to an app's own client as well.
    pub fn read(
        config: &ProviderConfig,
        endpoints: Endpoints,
        token: &Secret,
    ) -> Result<(UnverifiedToken, Self), ProviderFailure> {
        let token =
            token_text(token.expose()).ok_or_else(|| no_token("logout token", token.expose()))?;
        let token = UnverifiedToken::parse(TokenKind::LogoutToken, token.expose())?;
        let keys = endpoints.jwks;
        let proof = Self {
            keys: keys.ok_or_else(|| ProviderFailure::untrusted("no keys URL"))?,
            provider: config.provider,
            issuer: endpoints.issuer,
            audience: Audience::of_apps(config),
        };
        Ok((token, proof))
    }

    /// Checks the claims at `now` as §2.6 lists them.
    pub fn check(
        self,
        signed: SignedClaims,
        now: Timestamp,
    ) -> Result<ProviderLogout, ProviderFailure> {
        let SignedClaims(claims) = signed;
        let kind = TokenKind::LogoutToken;
        check_issuer(kind, self.provider, &self.issuer, &claims)?;
        self.audience.check_addressee(kind, &claims)?;
        check_times(kind, &claims, now)?;
        let event = claims.get("events").and_then(|events| events.get(EVENT));
        if !event.is_some_and(Value::is_object) {
            return Err(wrong("events are not those of a logout"));
        }
        if claims.contains_key("nonce") {
            return Err(wrong("nonce makes it an id_token"));
        }
        let jti = subject(claims.get("jti")).ok_or_else(|| wrong("jti cannot be one"))?;
        let optional = |name: &str| match claims.get(name) {
            None => Ok(None),
            value => subject(value)
                .map(Some)
                .ok_or_else(|| wrong(&format!("{name} cannot be one"))),
        };
        let (subject, sid) = (optional("sub")?, optional("sid")?);
        if subject.is_none() && sid.is_none() {
            return Err(wrong("sub and sid are both absent"));
        }
        Ok(ProviderLogout {
            provider: self.provider,
            subject,
            session: session_key(self.provider, &self.issuer, &claims),
            token: key(self.provider, &self.issuer, &jti),
            expires_on: expiry(&claims),
            forgets: false,
            issuer: self.issuer,
        })
    }
}

fn wrong(what: &str) -> ProviderFailure {
    ProviderFailure::untrusted(format!("the logout token's {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::{
        NOW, NOW_SECONDS, Signer256, endpoints, settings_with, webcrypto,
    };
    use crate::auth::time::Seconds;
    use serde_json::json;

    const ISSUER: &str = "https://kc.example/realms/demo";

    /// As Keycloak 26 writes it.
    fn logout() -> Value {
        json!({ "exp": NOW_SECONDS + 120, "iat": NOW_SECONDS, "jti": "a84c", "iss": ISSUER,
            "aud": "keycloak-client", "sub": "f1d1a7c2", "typ": "Logout", "sid": "b0c2",
            "events": { EVENT: {} } })
    }

    /// The good claims with one of them changed, or left out if null.
    fn with(name: &str, value: Value) -> Value {
        let mut claims = logout();
        claims[name] = value;
        claims
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        claims
    }

    fn check_as(header: &Value, claims: &Value) -> Result<ProviderLogout, ProviderFailure> {
        let settings = settings_with(&[("KEYCLOAK_APP_CLIENT_IDS", "phone")]).unwrap();
        let keycloak = settings.provider(Provider::Keycloak).unwrap();
        let signer = Signer256::new("k", 3);
        let token = Secret::new(signer.sign_as(header, claims));
        let (token, proof) = LogoutTokenProof::read(keycloak, endpoints(keycloak), &token)?;
        let keys = signer.key_set();
        let check = token.with_key(&keys).unwrap();
        let holds = webcrypto(&check);
        proof.check(check.verified(holds)?, NOW)
    }

    fn check(claims: &Value) -> Result<ProviderLogout, ProviderFailure> {
        let header = json!({ "alg": "ES256", "kid": "k", "typ": "logout+jwt" });
        check_as(&header, claims)
    }

    #[test]
    fn keycloaks_logout_token_names_a_session_and_a_subject() {
        let logout = check(&logout()).unwrap();
        assert_eq!(logout.subject.as_deref(), Some("f1d1a7c2"));
        assert_eq!(logout.expires_on, NOW + Seconds::new(120));
        let claims = json!({ "sid": "b0c2" });
        let of_id_token = session_key(Provider::Keycloak, ISSUER, claims.as_object().unwrap());
        assert!(logout.session.is_some());
        assert_eq!(logout.session, of_id_token);
        assert_eq!(logout.issuer, ISSUER);
    }

    #[test]
    fn a_subject_or_a_session_is_enough() {
        let of_session = check(&with("sub", Value::Null)).unwrap();
        assert!(of_session.subject.is_none() && of_session.session.is_some());
        let of_subject = check(&with("sid", Value::Null)).unwrap();
        assert!(of_subject.subject.is_some() && of_subject.session.is_none());
        let mut neither = with("sid", Value::Null);
        neither.as_object_mut().unwrap().remove("sub");
        assert!(check(&neither).is_err());
    }

    #[test]
    fn a_token_that_is_addressed_to_an_apps_own_client_counts_too() {
        assert!(check(&with("aud", json!("phone"))).is_ok());
        assert!(check(&with("aud", json!(["them", "keycloak-client"]))).is_ok());
    }

    #[test]
    fn every_check_of_the_specification_refuses() {
        for (name, value) in [
            ("iss", json!("https://kc.example/realms/other")),
            ("iss", Value::Null),
            ("aud", json!("another-client")),
            ("aud", json!([])),
            ("aud", Value::Null),
            ("iat", json!(NOW_SECONDS + 61)),
            ("iat", Value::Null),
            ("exp", json!(NOW_SECONDS)),
            ("exp", Value::Null),
            ("jti", json!("")),
            ("jti", json!(1)),
            ("jti", Value::Null),
            ("sub", json!(1)),
            ("sid", json!({})),
            ("sid", json!("x".repeat(256))),
            ("nonce", json!("n")),
            ("events", json!({ EVENT: true })),
            (
                "events",
                json!({ "http://schemas.openid.net/event/other": {} }),
            ),
            ("events", json!([EVENT])),
            ("events", Value::Null),
            ("typ", json!("ID")),
            ("typ", json!("Bearer")),
        ] {
            let refused = check(&with(name, value.clone()));
            assert!(refused.is_err(), "{name} {value}");
        }
        let mut nonce = logout();
        nonce["nonce"] = Value::Null;
        assert!(check(&nonce).is_err(), "a nonce that says nothing is one");
    }

    #[test]
    fn the_header_is_of_a_logout_token_that_is_signed_with_our_kind_of_key() {
        for header in [
            json!({ "alg": "none", "typ": "logout+jwt" }),
            json!({ "alg": "HS256", "kid": "k", "typ": "logout+jwt" }),
            json!({ "alg": "ES256", "kid": "k", "typ": "at+jwt" }),
            json!({ "alg": "ES256", "kid": "k", "typ": "logout+jwt", "jku": "https://evil.example" }),
        ] {
            assert!(check_as(&header, &logout()).is_err(), "{header}");
        }
        let plain = json!({ "alg": "ES256", "kid": "k" });
        assert!(check_as(&plain, &logout()).is_ok());
    }

    #[test]
    fn one_jti_or_sid_of_two_issuers_or_providers_is_two() {
        let mut keys = Vec::new();
        for provider in [Provider::Keycloak, Provider::Google] {
            for issuer in [ISSUER, "https://kc.example/realms/other"] {
                keys.push(key(provider, issuer, "x"));
            }
        }
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 4);
    }
}
