//! Signing in with a token that an app already has from a provider: it must have been issued to us.
//!
//! An id_token is verified like one of a sign-in, but for the nonce. An access token is a question
//! to the provider: to whom was it issued, and about whom? Any app's token would open any account
//! if that were not asked. The audience of both is [`Audience::of_apps`]: an app's token is issued
//! to the app's own client, where it has one.

use serde_json::{Map, Value};
use url::Url;

use super::audience::Audience;
use super::call::{Answer, Call, token_text};
use super::descriptor::{Credential, Descriptor, Endpoints};
use super::id_token::{Expectation, Nonce, identifier};
use super::jws::{Parts, TokenKind, UnverifiedToken};
use super::logout_token::session_key;
use super::person::Names;
use super::profile::{Found, IdTokenProof, Profile};
use super::provider::TokenSignIn;
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
    audience: Audience,
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
        if !descriptor.provider.takes_tokens() {
            return Err(Error::NoSuchPath.into());
        }
        let token = token_text(token.expose())
            .ok_or_else(|| Failure::untrusted("the token cannot be one"))?;
        let parts = Parts::read(token.expose()).filter(|parts| parts.may_be(TokenKind::IdToken));
        match (parts, endpoints.jwks.clone()) {
            (Some(parts), Some(keys)) => id_token(descriptor, endpoints, keys, parts),
            _ => Inquiry::new(descriptor, endpoints, token, now).map(Self::AccessToken),
        }
    }
}

fn id_token(
    descriptor: &Descriptor,
    endpoints: Endpoints,
    keys: Url,
    parts: Parts,
) -> Result<Presented, Failure> {
    let proof = IdTokenProof {
        keys,
        expectation: Expectation {
            provider: descriptor.provider,
            issuer: endpoints.issuer,
            audience: Audience::of_apps(descriptor),
            nonce: Nonce::NotAsked,
        },
        names: Names::default(),
        access_token: None,
        userinfo: None,
    };
    Ok(Presented::IdToken(
        parts.into_unverified(TokenKind::IdToken)?,
        proof,
    ))
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
            audience: Audience::of_apps(descriptor),
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
        if !identifier(answer.get(owner)).is_some_and(|id| self.audience.has(&id)) {
            return Err(Failure::untrusted("the token was issued to another client"));
        }
        let subject = identifier(answer.get(person))
            .ok_or_else(|| Failure::untrusted("the token is about nobody"))?;
        let session = session_key(self.provider, &self.issuer, &answer);
        let profile = Profile {
            session,
            ..Profile::nameless(self.provider, self.issuer, subject)
        };
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
        let in_force = |end: Option<i64>| end.is_some_and(|end| now < end.saturating_mul(1000));
        match self.kind {
            Kind::TokenInfo => in_force(seconds("exp")),
            Kind::DebugToken => {
                let end = seconds("expires_at"); // 0: never
                is_true("is_valid")
                    && is_or_absent("type", "USER")
                    && (end == Some(0) || in_force(end))
            }
            Kind::Introspection => {
                is_true("active")
                    && is_or_absent("iss", &self.issuer)
                    && is_or_absent("typ", "Bearer")
                    && (!answer.contains_key("exp") || in_force(seconds("exp")))
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

#[cfg(test)]
mod tests {
    use super::super::example::{
        NOW, NOW_SECONDS, Signer256, descriptor, endpoints, good, header, pairs, sent,
        settings_with, webcrypto,
    };
    use super::super::jwks::JwkSet;
    use super::*;
    use crate::error::Why;
    use serde_json::json;

    const WITH_ID_TOKENS: [Provider; 4] = [
        Provider::Google,
        Provider::Facebook,
        Provider::Apple,
        Provider::Keycloak,
    ];

    fn present(provider: Provider, token: &str) -> Result<Presented, Failure> {
        let descriptor = descriptor(provider);
        let endpoints = endpoints(&descriptor);
        Presented::new(&descriptor, endpoints, &Secret::new(token), NOW)
    }

    fn inquiry(provider: Provider) -> Inquiry {
        match present(provider, "ya29.token") {
            Ok(Presented::AccessToken(inquiry)) => inquiry,
            other => panic!("{other:?}"),
        }
    }

    fn read(provider: Provider, answer: &Value) -> Result<Found, Failure> {
        inquiry(provider).read(&good(&answer.to_string()), NOW)
    }

    fn with(mut answer: Value, pointer: &str, value: &Value) -> Value {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = answer.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        parent.insert(name.to_owned(), value.clone());
        answer
    }

    /// Every change of a good answer makes it a bad one.
    fn each_refused(provider: Provider, good: &Value, changes: &[(&str, Value)]) {
        assert!(read(provider, good).is_ok(), "{good}");
        for (pointer, value) in changes {
            match read(provider, &with(good.clone(), pointer, value)) {
                Err(failure) => {
                    assert_eq!(failure.error, Error::Strategy(Why::InvalidCredentials));
                }
                Ok(_) => panic!("{pointer} {value}"),
            }
        }
        assert!(read(provider, &json!({})).is_err());
        assert!(
            inquiry(provider)
                .read(
                    &Answer {
                        status: 400,
                        body: b"{}"
                    },
                    NOW
                )
                .is_err()
        );
    }

    fn asks_about(found: Result<Found, Failure>, subject: &str) -> ProfileQuestion {
        match found {
            Ok(Found::Ask(request)) => {
                let call = request.call.clone();
                let body = json!({ "sub": subject, "id": subject }).to_string();
                let profile = request.read(&good(&body)).unwrap();
                assert_eq!(profile.subject, subject);
                assert_eq!(profile.email, None);
                ProfileQuestion { call, profile }
            }
            other => panic!("{other:?}"),
        }
    }

    struct ProfileQuestion {
        call: Call,
        profile: Profile,
    }

    /// <https://developers.google.com/identity/protocols/oauth2> as oauth2.googleapis.com answers.
    fn tokeninfo() -> Value {
        json!({ "azp": "google-client", "aud": "google-client", "sub": "110169",
            "scope": "openid email", "exp": (NOW_SECONDS + 3000).to_string(),
            "expires_in": "3000", "email": "ann@example.com", "email_verified": "true",
            "access_type": "online" })
    }

    #[test]
    fn google_says_whose_a_token_is() {
        let call = inquiry(Provider::Google).call;
        assert_eq!(call.method, "GET");
        assert_eq!(
            call.url.as_str(),
            "https://oauth2.googleapis.com/tokeninfo?access_token=ya29.token"
        );
        let ProfileQuestion { call, profile } =
            asks_about(read(Provider::Google, &tokeninfo()), "110169");
        assert_eq!(
            call.url.as_str(),
            "https://openidconnect.googleapis.com/v1/userinfo"
        );
        assert_eq!(header(&call, "authorization"), Some("Bearer ya29.token"));
        assert_eq!(profile.issuer, "https://accounts.google.com");
        each_refused(
            Provider::Google,
            &tokeninfo(),
            &[
                ("/aud", json!("another-client")),
                ("/aud", json!(["google-client"])),
                ("/aud", Value::Null),
                ("/sub", json!("")),
                ("/sub", Value::Null),
                ("/exp", json!(NOW_SECONDS.to_string())),
                ("/exp", json!("soon")),
                ("/exp", Value::Null),
            ],
        );
    }

    /// The documented sample, brought up to date.
    fn debug_token() -> Value {
        json!({ "data": { "app_id": "138483919580948", "type": "USER",
            "application": "Social Cafe", "expires_at": NOW_SECONDS + 3000, "is_valid": true,
            "issued_at": NOW_SECONDS - 100, "metadata": { "sso": "iphone-safari" },
            "scopes": ["email"], "user_id": "1207059" } })
    }

    #[test]
    fn facebook_says_for_which_app_a_token_is() {
        let call = inquiry(Provider::Facebook).call;
        assert_eq!(
            format!("{call:?}"),
            "GET graph.facebook.com/v25.0/debug_token"
        );
        assert_eq!(
            sent(&call),
            pairs(&[
                ("input_token", "ya29.token"),
                ("access_token", "138483919580948|facebook-secret"),
            ])
        );
        let ProfileQuestion { call, profile } =
            asks_about(read(Provider::Facebook, &debug_token()), "1207059");
        assert_eq!(call.url.path(), "/v25.0/me");
        assert_eq!(profile.issuer, "https://www.facebook.com");
        let numbers = with(
            debug_token(),
            "/data/app_id",
            &json!(138_483_919_580_948_u64),
        );
        assert!(read(Provider::Facebook, &numbers).is_ok());
        let endless = with(debug_token(), "/data/expires_at", &json!(0));
        assert!(read(Provider::Facebook, &endless).is_ok());
        each_refused(
            Provider::Facebook,
            &debug_token(),
            &[
                ("/data/app_id", json!("999")),
                ("/data/app_id", Value::Null),
                ("/data/is_valid", json!(false)),
                ("/data/is_valid", json!("true")),
                ("/data/type", json!("PAGE")),
                ("/data/expires_at", json!(NOW_SECONDS)),
                ("/data/expires_at", json!("soon")),
                ("/data/expires_at", Value::Null),
                ("/data/user_id", Value::Null),
                ("/data", json!([debug_token()["data"]])),
                ("/data", Value::Null),
            ],
        );
    }

    /// As Keycloak 26 answers for a token of ours.
    fn introspected() -> Value {
        json!({ "exp": NOW_SECONDS + 300, "iat": NOW_SECONDS, "jti": "x",
            "iss": "https://kc.example/realms/demo", "aud": "account",
            "sub": "f1d1a7c2-6e0b-4b7f-8a55-2f8d0f5a3c10", "typ": "Bearer",
            "azp": "keycloak-client", "email_verified": true, "email": "ann@example.com",
            "client_id": "keycloak-client", "username": "ann", "token_type": "Bearer",
            "active": true })
    }

    #[test]
    fn keycloak_says_whether_a_token_is_active_and_ours() {
        let call = inquiry(Provider::Keycloak).call;
        assert_eq!(
            format!("{call:?}"),
            "POST kc.example/realms/demo/protocol/openid-connect/token/introspect"
        );
        assert_eq!(
            sent(&call),
            pairs(&[
                ("token", "ya29.token"),
                ("token_type_hint", "access_token"),
                ("client_id", "keycloak-client"),
                ("client_secret", "keycloak-secret"),
            ])
        );
        let subject = "f1d1a7c2-6e0b-4b7f-8a55-2f8d0f5a3c10";
        let asked = asks_about(read(Provider::Keycloak, &introspected()), subject);
        assert_eq!(asked.profile.issuer, "https://kc.example/realms/demo");
        each_refused(
            Provider::Keycloak,
            &introspected(),
            &[
                ("/active", json!(false)),
                ("/active", json!("true")),
                ("/active", Value::Null),
                ("/client_id", json!("another-client")),
                ("/client_id", Value::Null),
                ("/iss", json!("https://kc.example/realms/other")),
                ("/typ", json!("Refresh")),
                ("/exp", json!(NOW_SECONDS)),
                ("/exp", json!("soon")),
                ("/sub", Value::Null),
            ],
        );
        assert!(read(Provider::Keycloak, &json!({ "active": false })).is_err());
    }

    #[test]
    fn an_id_token_is_verified_instead() {
        let signer = Signer256::new("k", 3);
        let token = signer.sign(&json!({ "sub": "x" }));
        for provider in WITH_ID_TOKENS {
            let presented = present(provider, &token);
            assert!(
                matches!(presented, Ok(Presented::IdToken(..))),
                "{presented:?}"
            );
        }
    }

    /// What Limited Login issues, as Meta's document of it has the claims.
    fn limited_login() -> Value {
        json!({ "iss": "https://www.facebook.com", "aud": "138483919580948", "sub": "1207059",
            "iat": NOW_SECONDS - 5, "exp": NOW_SECONDS + 3595, "jti": "V4qN.f10c", "nonce": "an app's",
            "email": "ann@example.com", "given_name": "Ann", "family_name": "Lee", "name": "Ann Lee",
            "picture": "https://platform-lookaside.fbsbx.com/x" })
    }

    fn limited(claims: &Value) -> Result<Profile, Failure> {
        let signer = Signer256::new("k", 3);
        let presented = present(Provider::Facebook, &signer.sign(claims)).unwrap();
        let Presented::IdToken(token, proof) = presented else {
            panic!("{presented:?}");
        };
        assert_eq!(
            proof.keys.as_str(),
            "https://limited.facebook.com/.well-known/oauth/openid/jwks/"
        );
        let keys = JwkSet::read(&good(&signer.jwks())).unwrap();
        let check = token.with_key(&keys).unwrap();
        let holds = webcrypto(&check);
        match proof.identify(check.verified(holds)?, NOW)? {
            Found::Profile(profile) => Ok(profile),
            Found::Ask(request) => panic!("{request:?}"),
        }
    }

    #[test]
    fn a_limited_login_token_of_facebook_is_verified_like_any_id_token() {
        let profile = limited(&limited_login()).unwrap();
        assert_eq!(
            (profile.subject.as_str(), profile.issuer.as_str()),
            ("1207059", "https://www.facebook.com")
        );
        assert_eq!(profile.names, Names::new(Some("Ann"), None, Some("Lee")));
        for (pointer, value) in [
            ("/iss", json!("https://www.facebook.com/")),
            ("/iss", json!("https://www.facebook.com/v25.0")),
            ("/iss", json!("https://facebook.com.evil.example")),
            ("/aud", json!("999")),
            ("/aud", json!(["138483919580948", "999"])),
            ("/azp", json!("999")),
            ("/exp", json!(NOW_SECONDS)),
            ("/sub", Value::Null),
        ] {
            let changed = with(limited_login(), pointer, &value);
            assert!(limited(&changed).is_err(), "{pointer} {value}");
        }
    }

    #[test]
    fn an_id_token_of_facebook_verifies_no_address() {
        let claims = with(limited_login(), "/email_verified", &json!(true));
        assert_eq!(limited(&claims).unwrap().email, None);
    }

    #[test]
    fn an_app_may_bring_what_was_issued_to_its_own_client() {
        for (provider, setting, answer, owner) in [
            (
                Provider::Google,
                "GOOGLE_AUTH_APP_CLIENT_IDS",
                tokeninfo(),
                "/aud",
            ),
            (
                Provider::Facebook,
                "FACEBOOK_AUTH_APP_CLIENT_IDS",
                debug_token(),
                "/data/app_id",
            ),
            (
                Provider::Keycloak,
                "KEYCLOAK_APP_CLIENT_IDS",
                introspected(),
                "/client_id",
            ),
        ] {
            let settings = settings_with(&[(setting, "4711, ios")]).unwrap();
            let descriptor = settings.descriptor(provider).unwrap();
            let read = |owner_is: &str| {
                let endpoints = endpoints(descriptor);
                let presented =
                    Presented::new(descriptor, endpoints, &Secret::new("ya29.token"), NOW);
                let Ok(Presented::AccessToken(inquiry)) = presented else {
                    panic!("{presented:?}");
                };
                let answer = with(answer.clone(), owner, &json!(owner_is));
                inquiry.read(&good(&answer.to_string()), NOW)
            };
            assert!(read("4711").is_ok(), "{setting}");
            assert!(read("ios").is_ok(), "{setting}");
            assert!(read(&descriptor.client_id).is_ok(), "{setting}");
            for other in ["", "4711, ios", "ios ", "another-client"] {
                assert!(read(other).is_err(), "{setting} {other}");
            }
        }
    }

    #[test]
    fn an_access_token_that_is_a_jwt_is_no_id_token() {
        let signer = Signer256::new("k", 3);
        let keycloaks = signer.sign(&json!({ "typ": "Bearer", "aud": "keycloak-client" }));
        let rfc_9068 = json!({ "alg": "ES256", "kid": "k", "typ": "at+jwt" });
        let rfc_9068 = signer.sign_as(&rfc_9068, &json!({ "aud": "keycloak-client" }));
        for token in [keycloaks, rfc_9068] {
            let presented = present(Provider::Keycloak, &token);
            assert!(
                matches!(presented, Ok(Presented::AccessToken(_))),
                "{presented:?}"
            );
            assert!(present(Provider::Apple, &token).is_err());
        }
    }

    #[test]
    fn an_unsigned_id_token_goes_nowhere() {
        let signer = Signer256::new("k", 3);
        for alg in ["none", "HS256"] {
            let token = signer.sign_as(&json!({ "alg": alg }), &json!({ "sub": "x" }));
            for provider in WITH_ID_TOKENS {
                assert!(present(provider, &token).is_err(), "{alg} {provider:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_a_token_is_not_sent_on() {
        for token in ["", "a b", "a\r\nb", "é", &"x".repeat(40_000)] {
            let presented = present(Provider::Google, token).map(|_| ());
            assert_eq!(
                presented.map_err(|failure| failure.error),
                Err(Error::Strategy(Why::InvalidCredentials))
            );
        }
        assert!(present(Provider::Apple, "opaque").is_err());
    }

    #[test]
    fn instagram_takes_no_part() {
        let presented = present(Provider::Instagram, "IGQVJ").map(|_| ());
        assert_eq!(
            presented.map_err(|failure| failure.error),
            Err(Error::NoSuchPath)
        );
    }
}
