//! Who came: the profile that everything before leads to.

use serde_json::{Map, Value};
use url::Url;

use super::call::{Answer, Call};
use super::exchange::unwrapped;
use super::id_token::{Expectation, VerifiedClaims, identifier};
use super::jws::SignedClaims;
use super::provider::{Oddity, Proof, Row};
use super::{Failure, Provider, address};
use crate::auth::secret::Secret;

/// The longest name that is taken over, in characters.
const MAX_NAME: usize = 50;
/// The longest address (RFC 5321 §4.5.3.1.3), in bytes.
const MAX_EMAIL: usize = 254;

/// A person at a provider, proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Where.
    pub provider: Provider,
    /// Whose subject it is.
    pub issuer: String,
    /// The person, for ever.
    pub subject: String,
    /// Set only if the provider has verified it: another address is neither stored nor matched.
    pub email: Option<VerifiedEmail>,
    /// What the person is called.
    pub names: Names,
}

/// An address that the provider's id_token says is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedEmail(String);

/// What a person is called, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Given name, or the whole name of who has none.
    pub first: Option<String>,
    /// Middle name.
    pub middle: Option<String>,
    /// Family name.
    pub last: Option<String>,
}

/// An id_token's way to a profile, once its signature is verified.
#[derive(Debug)]
pub struct IdTokenProof {
    /// Where the provider's keys are.
    pub keys: Url,
    pub(super) expectation: Expectation,
    /// Names that came another way.
    pub(super) names: Names,
    pub(super) access_token: Option<Secret>,
    pub(super) userinfo: Option<Url>,
}

/// A profile, or the question that is left.
#[derive(Debug)]
pub enum Found {
    /// All that is needed.
    Profile(Profile),
    /// The person is known, the name is not: ask.
    Ask(ProfileRequest),
}

/// A question about a person.
#[derive(Debug)]
pub struct ProfileRequest {
    /// To be sent.
    pub call: Call,
    provider: Provider,
    issuer: String,
    /// Who it must be about, if that is known.
    known: Option<Profile>,
}

impl IdTokenProof {
    /// Checks the claims at `now` (epoch milliseconds) and reads the profile in them.
    pub fn identify(self, signed: SignedClaims, now: i64) -> Result<Found, Failure> {
        let provider = self.expectation.provider;
        let verified = self.expectation.check(signed, now)?;
        let mut profile = Profile::of_claims(provider, verified);
        profile.names.fill(self.names);
        Ok(profile.with_names_from(self.userinfo.as_ref(), self.access_token.as_ref()))
    }
}

impl Profile {
    fn of_claims(provider: Provider, verified: VerifiedClaims) -> Self {
        let row = provider.row();
        Self {
            provider,
            issuer: verified.issuer,
            subject: verified.subject,
            email: VerifiedEmail::of_claims(row, &verified.claims),
            names: Names::of(row, &verified.claims),
        }
    }

    /// A person of whom nothing but the subject is known.
    pub(super) fn nameless(provider: Provider, issuer: String, subject: String) -> Self {
        Self {
            provider,
            issuer,
            subject,
            email: None,
            names: Names::default(),
        }
    }

    /// Asks for the name if it is wanting and can be asked for.
    pub(super) fn with_names_from(self, url: Option<&Url>, access_token: Option<&Secret>) -> Found {
        match (url, access_token) {
            (Some(url), Some(token)) if self.names.first.is_none() => Found::Ask(ProfileRequest {
                call: profile_call(self.provider.row(), url, token),
                provider: self.provider,
                issuer: self.issuer.clone(),
                known: Some(self),
            }),
            _ => Found::Profile(self),
        }
    }

    /// What the account of who has no verified address is called: `provider:subject`, the subject
    /// percent-encoded but for letters, digits, `.`, `_` and `-`.
    pub fn username(&self) -> String {
        // `~` is unreserved in URLs, and not here.
        let subject = address::encode(&self.subject).replace('~', "%7E");
        format!("{}:{subject}", self.provider.name())
    }
}

impl ProfileRequest {
    /// The question of who an access token belongs to.
    pub(super) fn of_stranger(
        provider: Provider,
        issuer: String,
        url: &Url,
        access_token: &Secret,
    ) -> Self {
        Self {
            call: profile_call(provider.row(), url, access_token),
            provider,
            issuer,
            known: None,
        }
    }

    /// Reads the answer. It must be about whoever is known already (OIDC Core §5.3.2).
    pub fn read(self, answer: &Answer<'_>) -> Result<Profile, Failure> {
        let row = self.provider.row();
        let mut answer = answer.object("the profile")?;
        if row.has(Oddity::WrappedInData) {
            answer = unwrapped(answer);
        }
        let subject = identifier(answer.get(row.fields.subject))
            .ok_or_else(|| Failure::untrusted("the profile's subject cannot be one"))?;
        let mut profile = match self.known {
            Some(known) if known.subject == subject => known,
            Some(_) => return Err(Failure::untrusted("the profile is of somebody else")),
            None => Profile::nameless(self.provider, self.issuer, subject),
        };
        profile.names.fill(Names::of(row, &answer));
        Ok(profile)
    }
}

fn profile_call(row: &Row, url: &Url, access_token: &Secret) -> Call {
    let url = match row.proof {
        Proof::Profile(query) => address::with_parameters(url, query),
        Proof::IdToken(_) => url.clone(),
    };
    Call::get(url).with_bearer(access_token)
}

impl VerifiedEmail {
    /// JSON `true` verifies, and nothing else does; Apple also writes `"true"`.
    pub(super) fn of_claims(row: &Row, claims: &Map<String, Value>) -> Option<Self> {
        let verified = match claims.get("email_verified")? {
            Value::Bool(verified) => *verified,
            Value::String(text) => row.has(Oddity::VerifiedAsText) && text == "true",
            _ => false,
        };
        let email = claims.get("email")?.as_str()?;
        (verified && is_address(email)).then(|| Self(email.to_owned()))
    }

    /// As the provider spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the same address. One that is not ASCII is no address's equal: what folds
    /// alike need not be delivered alike.
    pub fn is_same(&self, other: &str) -> bool {
        self.0.is_ascii() && other.is_ascii() && self.0.eq_ignore_ascii_case(other)
    }
}

fn is_address(text: &str) -> bool {
    let is_plain = |part: &str| {
        let strange = |char: char| char.is_control() || char.is_whitespace() || char == '@';
        !part.is_empty() && !part.contains(strange)
    };
    let parts = text.split_once('@');
    text.len() <= MAX_EMAIL
        && parts.is_some_and(|(local, domain)| is_plain(local) && is_plain(domain))
}

impl Names {
    /// Cleans names: no control characters, no surrounding space, not too long, not empty.
    pub(super) fn new(first: Option<&str>, middle: Option<&str>, last: Option<&str>) -> Self {
        let clean = |name: Option<&str>| {
            let name: String = name?.chars().filter(|char| !char.is_control()).collect();
            let name: String = name.trim().chars().take(MAX_NAME).collect();
            (!name.is_empty()).then_some(name)
        };
        Self {
            first: clean(first),
            middle: clean(middle),
            last: clean(last),
        }
    }

    fn of(row: &Row, profile: &Map<String, Value>) -> Self {
        let text = |name: &str| profile.get(name).and_then(Value::as_str);
        let fields = &row.fields;
        let named = Self::new(
            text(fields.first_name),
            text(fields.middle_name),
            text(fields.last_name),
        );
        if named == Self::default() {
            Self::new(text(fields.name), None, None)
        } else {
            named
        }
    }

    /// Takes over what is wanting.
    fn fill(&mut self, other: Self) {
        if *self == Self::default() {
            *self = other;
        } else {
            self.first = self.first.take().or(other.first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::{good, header};
    use super::*;
    use serde_json::json;

    fn of(provider: Provider, claims: &Value) -> Profile {
        let verified = VerifiedClaims {
            issuer: "https://issuer.example".to_owned(),
            subject: "42".to_owned(),
            claims: claims.as_object().unwrap().clone(),
        };
        Profile::of_claims(provider, verified)
    }

    fn ask(provider: Provider, url: &str) -> ProfileRequest {
        let url = Url::parse(url).unwrap();
        let issuer = "https://issuer.example".to_owned();
        ProfileRequest::of_stranger(provider, issuer, &url, &Secret::new("at"))
    }

    fn about_42(provider: Provider) -> ProfileRequest {
        let url = Url::parse("https://idp.example/userinfo").unwrap();
        let known = of(provider, &json!({}));
        match known.with_names_from(Some(&url), Some(&Secret::new("at"))) {
            Found::Ask(request) => request,
            Found::Profile(profile) => panic!("{profile:?}"),
        }
    }

    fn named(first: &str, middle: Option<&str>, last: Option<&str>) -> Names {
        Names::new(Some(first), middle, last)
    }

    #[test]
    fn an_address_counts_only_if_json_true_verifies_it() {
        let email = |provider, verified: Value| {
            let claims = json!({ "email": "ann@example.com", "email_verified": verified });
            of(provider, &claims).email.is_some()
        };
        for provider in [Provider::Google, Provider::Keycloak, Provider::Apple] {
            assert!(email(provider, json!(true)));
            for value in [
                json!(false),
                json!("false"),
                json!("True"),
                json!(1),
                json!([true]),
                Value::Null,
            ] {
                assert!(!email(provider, value.clone()), "{provider:?} {value}");
            }
        }
        assert!(email(Provider::Apple, json!("true")));
        assert!(!email(Provider::Google, json!("true")));
        assert!(!email(Provider::Keycloak, json!("true")));
        let unsaid = of(Provider::Google, &json!({ "email": "ann@example.com" }));
        assert_eq!(unsaid.email, None);
    }

    #[test]
    fn facebook_and_instagram_never_verify_an_address() {
        for (provider, subject) in [(Provider::Facebook, "id"), (Provider::Instagram, "user_id")] {
            let mut answer =
                json!({ "email": "ann@example.com", "email_verified": true, "verified": true });
            answer[subject] = json!("42");
            let request = ask(provider, "https://graph.example/me");
            let profile = request.read(&good(&answer.to_string())).unwrap();
            assert_eq!(profile.email, None);
        }
    }

    #[test]
    fn userinfo_fills_in_names_and_nothing_else() {
        let answer = json!({ "sub": "42", "given_name": "Ann", "family_name": "Lee",
            "email": "boss@example.com", "email_verified": true, "iss": "https://evil.example" });
        let request = about_42(Provider::Google);
        assert_eq!(request.call.url.as_str(), "https://idp.example/userinfo");
        assert_eq!(header(&request.call, "authorization"), Some("Bearer at"));
        let profile = request.read(&good(&answer.to_string())).unwrap();
        assert_eq!(profile.names, named("Ann", None, Some("Lee")));
        assert_eq!(profile.email, None);
        assert_eq!(profile.issuer, "https://issuer.example");
    }

    #[test]
    fn userinfo_must_be_about_the_same_person() {
        for answer in [
            json!({ "sub": "43" }),
            json!({ "sub": "" }),
            json!({ "sub": ["42"] }),
            json!({ "id": "42" }),
            json!({}),
        ] {
            let read = about_42(Provider::Keycloak).read(&good(&answer.to_string()));
            assert!(read.is_err(), "{answer}");
        }
    }

    #[test]
    fn nothing_is_asked_that_is_known_or_cannot_be_asked() {
        let url = Url::parse("https://idp.example/userinfo").unwrap();
        let token = Secret::new("at");
        let nameless = || of(Provider::Google, &json!({}));
        let known = of(Provider::Google, &json!({ "given_name": "Ann" }));
        for found in [
            known.with_names_from(Some(&url), Some(&token)),
            nameless().with_names_from(None, Some(&token)),
            nameless().with_names_from(Some(&url), None),
        ] {
            assert!(matches!(found, Found::Profile(_)), "{found:?}");
        }
    }

    #[test]
    fn facebook_is_asked_for_its_fields() {
        let request = ask(Provider::Facebook, "https://graph.facebook.com/v25.0/me");
        assert_eq!(
            request.call.url.as_str(),
            "https://graph.facebook.com/v25.0/me?fields=id%2Cname%2Cfirst_name%2Cmiddle_name%2Clast_name"
        );
        assert_eq!(header(&request.call, "authorization"), Some("Bearer at"));
        let body = r#"{"id":"10158","name":"Ann B. Lee","first_name":"Ann","middle_name":"B.","last_name":"Lee"}"#;
        let profile = request.read(&good(body)).unwrap();
        assert_eq!(profile.subject, "10158");
        assert_eq!(profile.names, named("Ann", Some("B."), Some("Lee")));
    }

    #[test]
    fn instagram_answers_wrapped_or_not() {
        for body in [
            r#"{"user_id":"17841","username":"ann","name":"Ann Lee"}"#,
            r#"{"user_id":17841,"username":"ann","name":"Ann Lee"}"#,
            r#"{"data":[{"user_id":"17841","username":"ann","name":"Ann Lee"}]}"#,
        ] {
            let request = ask(Provider::Instagram, "https://graph.instagram.com/me");
            let profile = request.read(&good(body)).unwrap();
            assert_eq!(profile.subject, "17841");
            assert_eq!(profile.names, named("Ann Lee", None, None));
        }
        for body in [
            r#"{"id":"17841"}"#,
            r#"{"data":[]}"#,
            r#"{"data":[{"user_id":"1"},{"user_id":"2"}]}"#,
            r#"{"data":["17841"]}"#,
        ] {
            let request = ask(Provider::Instagram, "https://graph.instagram.com/me");
            assert!(request.read(&good(body)).is_err(), "{body}");
        }
    }

    #[test]
    fn names_are_cleaned() {
        let long = "x".repeat(60);
        let claims =
            json!({ "given_name": " A\r\nnn\u{0} ", "middle_name": " ", "family_name": long });
        let names = of(Provider::Google, &claims).names;
        assert_eq!(names.first.as_deref(), Some("Ann"));
        assert_eq!(names.middle, None);
        assert_eq!(names.last.unwrap().len(), 50);
        let whole = of(
            Provider::Google,
            &json!({ "name": "Ann Lee", "given_name": 5 }),
        );
        assert_eq!(whole.names, named("Ann Lee", None, None));
    }
}
