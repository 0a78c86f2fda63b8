//! Who came: the profile that everything before leads to.

use url::Url;

use super::call::{Answer, Call};
use super::exchange::unwrapped;
use super::id_token::{Expectation, VerifiedClaims, identifier};
use super::jws::SignedClaims;
use super::logout_token::session_key;
use super::person::{Names, VerifiedEmail};
use super::provider::{Oddity, Proof, Row};
use super::{Failure, Provider, address};
use crate::auth::secret::Secret;

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
    /// The session there (`session_key`), which a logout token may end.
    pub session: Option<String>,
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
            session: session_key(provider, &verified.issuer, &verified.claims),
            issuer: verified.issuer,
            subject: verified.subject,
            email: VerifiedEmail::of_claims(row, &verified.claims),
            names: Names::of(row.claims(), &verified.claims),
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
            session: None,
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
        profile.names.fill(Names::of(&row.fields, &answer));
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

#[cfg(test)]
mod tests {
    use super::super::example::{good, header};
    use super::*;
    use serde_json::{Value, json};

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
}
