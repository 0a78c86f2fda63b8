//! A provider's userinfo response, signed or not (OIDC Core §5.3): names that an id_token does not
//! have, or, where there are no id_tokens, the subject itself.

use serde_json::{Map, Value};
use url::Url;

use crate::auth::federation::failure::ProviderFailure;
use crate::auth::federation::http::address;
use crate::auth::federation::http::call::{
    ProviderRequest, ProviderResponse, token_text, unwrapped,
};
use crate::auth::federation::identity::claims::{check_issuer, identifier};
use crate::auth::federation::identity::names::Names;
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::federation::provider::audience::Audience;
use crate::auth::federation::provider::endpoints::Endpoints;
use crate::auth::federation::provider::spec::Provider;
use crate::auth::federation::provider::spec::{IdentitySource, Quirk};
use crate::auth::jose::provider_token::{SignedClaims, UnverifiedToken};
use crate::auth::jose::token_kind::TokenKind;
use crate::auth::secret::Secret;

/// A question about a person.
#[derive(Debug)]
pub struct ProfileRequest {
    /// To be sent.
    pub call: ProviderRequest,
    provider: Provider,
    issuer: String,
    /// The keys that a signed answer is verified with.
    keys: Option<Url>,
    /// The clients that a signed answer may be for.
    audience: Audience,
    /// The subject that it must be about, if that is known.
    known: Option<ExternalProfile>,
    /// Whether the person is proven without an answer.
    is_proven: bool,
}

/// A profile, or the question that is left.
#[derive(Debug)]
pub enum Found {
    /// All that is needed.
    Profile(ExternalProfile),
    /// Ask; where [`ProfileRequest::without_answer`] has the person, only the name depends on it.
    Ask(ProfileRequest),
}

/// An answer to a [`ProfileRequest`].
#[derive(Debug)]
pub enum UserInfo {
    /// As it is.
    Plain(Map<String, Value>),
    /// To be verified first.
    Signed(UnverifiedToken, UserInfoProof),
}

/// What a signed answer must claim, once its signature is verified.
#[derive(Debug)]
pub struct UserInfoProof {
    /// Where the provider's keys are.
    pub keys: Url,
    provider: Provider,
    issuer: String,
    audience: Audience,
}

impl Found {
    /// An authenticated person: asks for the name if it is missing and the provider has userinfo.
    pub(in crate::auth::federation) fn named(
        profile: ExternalProfile,
        request: Option<ProfileRequest>,
    ) -> Self {
        match request {
            Some(request) if profile.names.first.is_none() => Self::Ask(ProfileRequest {
                is_proven: true,
                ..request.about(profile)
            }),
            _ => Self::Profile(profile),
        }
    }
}

impl ProfileRequest {
    /// The request for the subject of an access token; nothing where the provider has no userinfo.
    pub(in crate::auth::federation) fn new(
        provider: Provider,
        endpoints: &Endpoints,
        audience: Audience,
        access_token: &Secret,
    ) -> Option<Self> {
        let url = endpoints.profile.as_ref()?;
        let url = match provider.spec().proof {
            IdentitySource::Profile(query) => address::with_parameters(url, query),
            IdentitySource::IdToken(_) => url.clone(),
        };
        Some(Self {
            call: ProviderRequest::get(url).with_bearer(access_token),
            provider,
            issuer: endpoints.issuer.clone(),
            keys: endpoints.jwks.clone(),
            audience,
            known: None,
            is_proven: false,
        })
    }

    /// The same request, whose response must be about this subject.
    pub(in crate::auth::federation) fn about(self, known: ExternalProfile) -> Self {
        Self {
            known: Some(known),
            ..self
        }
    }

    /// The person without an answer, if that is proven.
    pub fn without_answer(self) -> Option<ExternalProfile> {
        self.known.filter(|_| self.is_proven)
    }

    /// Opens an answer: JSON, or a JWT (OIDC Core §5.3.2).
    pub fn open(&self, answer: &ProviderResponse<'_>) -> Result<UserInfo, ProviderFailure> {
        let token = std::str::from_utf8(answer.body).ok().and_then(token_text);
        match (token, &self.keys) {
            (Some(token), Some(keys)) if !answer.body.starts_with(b"{") && answer.status == 200 => {
                let proof = UserInfoProof {
                    keys: keys.clone(),
                    provider: self.provider,
                    issuer: self.issuer.clone(),
                    audience: self.audience.clone(),
                };
                let token = UnverifiedToken::parse(TokenKind::UserInfo, token.expose())?;
                Ok(UserInfo::Signed(token, proof))
            }
            _ => answer.object("the profile").map(UserInfo::Plain),
        }
    }

    /// Reads the response. It must be about the subject that is proven already (OIDC Core §5.3.2).
    pub fn read(self, mut answer: Map<String, Value>) -> Result<ExternalProfile, ProviderFailure> {
        let spec = self.provider.spec();
        if spec.has(Quirk::WrappedInData) {
            answer = unwrapped(answer);
        }
        let subject = identifier(answer.get(spec.fields.subject))
            .ok_or_else(|| ProviderFailure::untrusted("the profile's subject cannot be one"))?;
        let mut profile = match self.known {
            Some(known) if known.subject == subject => known,
            Some(_) => {
                return Err(ProviderFailure::untrusted(
                    "the profile is of somebody else",
                ));
            }
            None => ExternalProfile::nameless(self.provider, self.issuer, subject),
        };
        profile.names.fill(Names::of(&spec.fields, &answer));
        Ok(profile)
    }
}

impl UserInfoProof {
    /// Checks `iss` and `aud`, which a signed answer has.
    pub fn check(self, signed: SignedClaims) -> Result<Map<String, Value>, ProviderFailure> {
        let SignedClaims(claims) = signed;
        let kind = TokenKind::UserInfo;
        check_issuer(kind, self.provider, &self.issuer, &claims)?;
        self.audience.check_addressee(kind, &claims)?;
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::{
        Signer256, answered, config, endpoints, good, header, profile, webcrypto,
    };
    use crate::auth::text;
    use serde_json::json;

    fn ask(provider: Provider, url: &str) -> ProfileRequest {
        let config = config(provider);
        let endpoints = Endpoints {
            profile: text::url(url).ok(),
            ..endpoints(&config)
        };
        let audience = Audience::of_server(&config);
        ProfileRequest::new(provider, &endpoints, audience, &Secret::new("at")).unwrap()
    }

    fn about_42(provider: Provider) -> ProfileRequest {
        let request = ask(provider, "https://idp.example/userinfo");
        match Found::named(profile(provider, "42", None), Some(request)) {
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
            let profile = answered(request, &answer.to_string()).unwrap();
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
        let profile = answered(request, &answer.to_string()).unwrap();
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
            let read = answered(about_42(Provider::Keycloak), &answer.to_string());
            assert!(read.is_err(), "{answer}");
        }
    }

    #[test]
    fn nothing_is_asked_that_is_known_or_cannot_be_asked() {
        let nameless = || profile(Provider::Google, "42", None);
        let known = ExternalProfile {
            names: named("Ann", None, None),
            ..nameless()
        };
        let request = ask(Provider::Google, "https://idp.example/userinfo");
        for found in [
            Found::named(known, Some(request)),
            Found::named(nameless(), None),
        ] {
            assert!(matches!(found, Found::Profile(_)), "{found:?}");
        }
        let (apple, token) = (config(Provider::Apple), Secret::new("at"));
        let audience = Audience::of_server(&apple);
        let request = ProfileRequest::new(Provider::Apple, &endpoints(&apple), audience, &token);
        assert!(request.is_none());
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
        let profile = answered(request, body).unwrap();
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
            let profile = answered(request, body).unwrap();
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
            assert!(answered(request, body).is_err(), "{body}");
        }
    }

    /// As Keycloak 26 signs it for the client, with one claim changed, or left out if null.
    fn signed(name: &str, value: Value) -> String {
        let mut claims = json!({ "sub": "42", "iss": "https://kc.example/realms/demo",
            "aud": "keycloak-client", "given_name": "Ann", "family_name": "Lee" });
        claims[name] = value;
        let claims = claims.as_object_mut().unwrap();
        claims.retain(|_, value| !value.is_null());
        Signer256::new("k", 3).sign(&Value::Object(claims.clone()))
    }

    fn read_signed(body: &str) -> Result<ExternalProfile, ProviderFailure> {
        let request = about_42(Provider::Keycloak);
        let UserInfo::Signed(token, proof) = request.open(&good(body))? else {
            panic!("{body}");
        };
        let keys = Signer256::new("k", 3).key_set();
        let check = token
            .with_key(&keys)
            .map_err(|_| ProviderFailure::untrusted("no key"))?;
        let holds = webcrypto(&check);
        request.read(proof.check(check.verified(holds)?)?)
    }

    #[test]
    fn signed_userinfo_is_verified_with_the_providers_keys() {
        let profile = read_signed(&signed("zoneinfo", json!("Europe/Berlin"))).unwrap();
        assert_eq!(profile.names, named("Ann", None, Some("Lee")));
        for (name, value) in [
            ("iss", json!("https://kc.example/realms/other")),
            ("iss", Value::Null),
            ("aud", json!("another-client")),
            ("aud", Value::Null),
            ("sub", json!("43")),
            ("sub", Value::Null),
            ("typ", json!("ID")),
        ] {
            assert!(
                read_signed(&signed(name, value.clone())).is_err(),
                "{name} {value}"
            );
        }
        let claims = json!({ "sub": "42", "iss": "https://kc.example/realms/demo",
            "aud": "keycloak-client" });
        let other = Signer256::new("k", 4).sign(&claims);
        assert!(read_signed(&other).is_err(), "another's signature");
        let unsigned = Signer256::new("k", 3).sign_as(&json!({ "alg": "none" }), &claims);
        assert!(read_signed(&unsigned).is_err());
    }

    #[test]
    fn what_is_neither_json_nor_signed_is_no_answer() {
        for body in ["", "<html>", "[]", "a.b.c", "a.b.c.d.e", "{"] {
            assert!(
                about_42(Provider::Keycloak).open(&good(body)).is_err(),
                "{body}"
            );
        }
        let failed = ProviderResponse {
            status: 403,
            body: b"{}",
        };
        assert!(about_42(Provider::Keycloak).open(&failed).is_err());
        let token = signed("sub", json!("42"));
        let request = ask(Provider::Instagram, "https://graph.instagram.com/me");
        assert!(request.open(&good(&token)).is_err(), "there are no keys");
    }
}
