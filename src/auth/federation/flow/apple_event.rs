//! Apple's server-to-server notifications: what somebody has done with the account there
//! (developer.apple.com, "Processing changes for Sign in with Apple accounts").

use serde_json::{Map, Value};
use url::Url;

use super::logout_token::ProviderLogout;
use crate::auth::federation::failure::ProviderFailure;
use crate::auth::federation::http::call::{no_token, token_text};
use crate::auth::federation::identity::claims::{check_issuer, key, subject};
use crate::auth::federation::provider::audience::Audience;
use crate::auth::federation::provider::config::ProviderConfig;
use crate::auth::federation::provider::endpoints::Endpoints;
use crate::auth::federation::provider::spec::Provider;
use crate::auth::jose::provider_token::{SignedClaims, UnverifiedToken};
use crate::auth::jose::token_kind::TokenKind;
use crate::auth::secret::Secret;
use crate::auth::time::{Seconds, Timestamp};

/// The largest body, in bytes; Apple's have less than a thousand.
const LARGEST: usize = 16_384;
/// How far Apple's clock may be ahead of ours.
const CLOCK_SKEW: Seconds = Seconds::MINUTE;
/// How long Apple may go on sending one event. Its tokens have no `exp`, so this is their end.
const LIFETIME: Seconds = Seconds::DAY;

/// What a notification must claim, once its signature is verified.
#[derive(Debug)]
pub struct AppleEventProof {
    /// Where Apple's keys are.
    pub keys: Url,
    issuer: String,
    audience: Audience,
}

/// What has happened. Only [`AppleEventProof::check`] makes it.
#[derive(Debug, PartialEq, Eq)]
pub struct AppleEvent {
    /// Whose identity it is about, and what the event is known by when it comes again.
    pub logout: ProviderLogout,
    /// What the person has done.
    pub change: AppleChange,
}

/// What a person can do at Apple that concerns this service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppleChange {
    /// The identity is no longer for this service: consent was withdrawn, or the account deleted.
    Gone,
    /// Mail to the private address is forwarded no more.
    MailStopped,
    /// It is again.
    MailForwarded,
    /// Something that nobody knew of yet.
    Unknown,
}

impl AppleEventProof {
    /// Takes a posted body apart, and says what it must prove. Apple tells each client of its people, so
    /// the token may be addressed to an app's own client as well.
    pub fn read(
        config: &ProviderConfig,
        endpoints: Endpoints,
        body: &str,
    ) -> Result<(UnverifiedToken, Self), ProviderFailure> {
        let document: Option<Map<String, Value>> = (body.len() <= LARGEST)
            .then(|| serde_json::from_str(body).ok())
            .flatten();
        let payload = document
            .as_ref()
            .and_then(|document| document.get("payload"));
        let payload = payload
            .and_then(Value::as_str)
            .map(Secret::new)
            .unwrap_or_default();
        let token = token_text(payload.expose());
        let token = token.ok_or_else(|| no_token("notification", payload.expose()))?;
        let token = UnverifiedToken::parse(TokenKind::AppleEvent, token.expose())?;
        let keys = endpoints.jwks;
        let proof = Self {
            keys: keys.ok_or_else(|| ProviderFailure::untrusted("no keys URL"))?,
            issuer: endpoints.issuer,
            audience: Audience::of_apps(config),
        };
        Ok((token, proof))
    }

    /// Checks the claims at `now`.
    pub fn check(
        self,
        signed: SignedClaims,
        now: Timestamp,
    ) -> Result<AppleEvent, ProviderFailure> {
        let SignedClaims(claims) = signed;
        let kind = TokenKind::AppleEvent;
        check_issuer(kind, Provider::Apple, &self.issuer, &claims)?;
        self.audience.check_addressee(kind, &claims)?;
        let issued = claims
            .get("iat")
            .and_then(Value::as_i64)
            .map(Timestamp::from_seconds);
        let issued = issued.ok_or_else(|| wrong("iat is missing"))?;
        let expires_on = issued + LIFETIME;
        if issued > now + CLOCK_SKEW || now >= expires_on {
            return Err(wrong("iat is not of the last day"));
        }
        let jti = subject(claims.get("jti")).ok_or_else(|| wrong("jti cannot be one"))?;
        let event = event(&claims).ok_or_else(|| wrong("events are none"))?;
        let person = subject(event.get("sub")).ok_or_else(|| wrong("event has no sub"))?;
        let change = AppleChange::of(event.get("type").and_then(Value::as_str));
        let logout = ProviderLogout {
            provider: Provider::Apple,
            subject: Some(person),
            session: None,
            token: key(Provider::Apple, &self.issuer, &jti),
            expires_on,
            forgets: change == AppleChange::Gone,
            issuer: self.issuer,
        };
        Ok(AppleEvent { logout, change })
    }
}

impl AppleChange {
    /// As the log calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gone => "the identity is gone",
            Self::MailStopped => "mail to the private address is stopped",
            Self::MailForwarded => "mail to the private address is forwarded",
            Self::Unknown => "unknown",
        }
    }

    fn of(name: Option<&str>) -> Self {
        match name {
            Some("consent-revoked" | "account-delete" | "account-deleted") => Self::Gone,
            Some("email-disabled") => Self::MailStopped,
            Some("email-enabled") => Self::MailForwarded,
            _ => Self::Unknown,
        }
    }
}

/// The event, which Apple writes as JSON in a text.
fn event(claims: &Map<String, Value>) -> Option<Map<String, Value>> {
    match claims.get("events")? {
        Value::String(text) if text.len() <= LARGEST => serde_json::from_str(text).ok(),
        Value::Object(event) => Some(event.clone()),
        _ => None,
    }
}

fn wrong(what: &str) -> ProviderFailure {
    ProviderFailure::untrusted(format!("the notification's {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::{
        NOW, NOW_SECONDS, Signer256, endpoints, settings_with, webcrypto,
    };
    use serde_json::json;

    const ISSUER: &str = "https://appleid.apple.com";

    fn event_text(kind: &str) -> String {
        json!({ "type": kind, "sub": "001234.abc", "event_time": 1_508_184_845 }).to_string()
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = json!({ "iss": ISSUER, "aud": "com.example.web", "iat": NOW_SECONDS, "jti": "j",
            "events": event_text("consent-revoked") });
        claims[name] = value;
        claims
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        claims
    }

    fn check(claims: &Value) -> Result<AppleEvent, ProviderFailure> {
        let settings = settings_with(&[]).unwrap();
        let apple = settings.provider(Provider::Apple).unwrap();
        let signer = Signer256::new("k", 3);
        let body = json!({ "payload": signer.sign(claims) }).to_string();
        let (token, proof) = AppleEventProof::read(apple, endpoints(apple), &body)?;
        let check = token.with_key(&signer.key_set()).unwrap();
        let holds = webcrypto(&check);
        proof.check(check.verified(holds)?, NOW)
    }

    #[test]
    fn each_event_means_one_change() {
        for (kind, change) in [
            ("consent-revoked", AppleChange::Gone),
            ("account-delete", AppleChange::Gone),
            ("email-disabled", AppleChange::MailStopped),
            ("email-enabled", AppleChange::MailForwarded),
            ("something-new", AppleChange::Unknown),
        ] {
            let event = check(&with("events", json!(event_text(kind)))).unwrap();
            assert_eq!(event.logout.forgets, change == AppleChange::Gone);
            assert_eq!(
                (event.change, event.logout.subject.as_deref()),
                (change, Some("001234.abc")),
                "{kind}"
            );
        }
        let object: Value = serde_json::from_str(&event_text("consent-revoked")).unwrap();
        assert!(check(&with("events", object)).is_ok());
    }

    #[test]
    fn a_notification_is_apples_for_us_and_of_the_last_day() {
        for (name, value) in [
            ("iss", json!("https://evil.example")),
            ("aud", json!("another-client")),
            ("aud", Value::Null),
            ("iat", json!(NOW_SECONDS + 61)),
            ("iat", json!(NOW_SECONDS - 86_400)),
            ("iat", Value::Null),
            ("jti", Value::Null),
            ("jti", json!("")),
            ("events", json!("{")),
            ("events", json!("{}")),
            ("events", json!([])),
            ("events", Value::Null),
        ] {
            assert!(check(&with(name, value.clone())).is_err(), "{name} {value}");
        }
    }

    #[test]
    fn what_is_no_notification_is_refused() {
        let settings = settings_with(&[]).unwrap();
        let apple = settings.provider(Provider::Apple).unwrap();
        for body in [
            "",
            "{}",
            "[]",
            r#"{"payload":1}"#,
            r#"{"payload":"x.y.z"}"#,
            &" ".repeat(20_000),
        ] {
            assert!(
                AppleEventProof::read(apple, endpoints(apple), body).is_err(),
                "{body}"
            );
        }
    }
}
