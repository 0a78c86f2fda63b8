//! Signing in with a token that an app already has from a provider: it must have been issued to us.
//!
//! An id_token is verified like one of a sign-in, but for the nonce. An access token is a question
//! to the provider: to whom was it issued, and about whom? Any app's token would open any account
//! if that were not asked. One that is a JWT of a realm answers the first half itself, and userinfo
//! the second ([`AccessTokenProof`]); any other is asked about ([`Introspection`]). The audience of
//! all is [`Audience::of_apps`]: an app's token is issued to the app's own client, where it has
//! one.

use serde_json::{Map, Value};
use url::Url;

use crate::auth::federation::failure::ProviderFailure;
use crate::auth::federation::flow::introspection::Introspection;
use crate::auth::federation::http::call::{no_token, token_text};
use crate::auth::federation::identity::claims::{
    check_bearer, check_issuer, check_times, session_key, subject,
};
use crate::auth::federation::identity::id_token::{Expectation, Nonce};
use crate::auth::federation::identity::id_token_proof::IdTokenProof;
use crate::auth::federation::identity::names::Names;
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::federation::identity::userinfo::ProfileRequest;
use crate::auth::federation::provider::audience::Audience;
use crate::auth::federation::provider::config::ProviderConfig;
use crate::auth::federation::provider::endpoints::Endpoints;
use crate::auth::federation::provider::spec::Provider;
use crate::auth::federation::provider::spec::TokenSignIn;
use crate::auth::jose::compact::CompactJws;
use crate::auth::jose::provider_token::{SignedClaims, UnverifiedToken};
use crate::auth::jose::token_kind::TokenKind;
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;
use crate::error::ErrorKind;

/// A token that was presented, and what is to be done about it.
#[derive(Debug)]
pub enum AppToken {
    /// An id_token: authenticates the person once it is verified.
    Id(UnverifiedToken, IdTokenProof),
    /// A signed access token: proves to whom it was issued once it is verified; introspection is the
    /// other way.
    SignedAccess(UnverifiedToken, AccessTokenProof, Option<Introspection>),
    /// An access token that only the provider can read.
    Access(Introspection),
}

/// What a signed access token must claim, once its signature is verified.
#[derive(Debug)]
pub struct AccessTokenProof {
    /// Where the provider's keys are.
    pub keys: Url,
    provider: Provider,
    issuer: String,
    audience: Audience,
    userinfo: ProfileRequest,
}

impl AppToken {
    /// Looks at a token; [`ErrorKind::NoSuchPath`] if the provider takes no part in this.
    pub fn new(
        config: &ProviderConfig,
        endpoints: Endpoints,
        token: &Secret,
        now: Timestamp,
    ) -> Result<Self, ProviderFailure> {
        if !config.provider.takes_tokens() {
            return Err(ErrorKind::NoSuchPath.into());
        }
        let setting = config.spec().client_id;
        let token = token_text(token.expose())
            .ok_or_else(|| no_token("token", token.expose()).about(setting))?;
        let parts = CompactJws::read(token.expose());
        let (parts, keys) = (parts, endpoints.jwks.clone());
        match (parts, keys) {
            (Some(parts), Some(keys)) if TokenKind::IdToken.may_be(&parts) => {
                id_token(config, endpoints, keys, parts)
            }
            (Some(parts), Some(keys)) if TokenKind::AccessToken.may_be(&parts) => {
                access_token(config, &endpoints, keys, parts, &token, now)
            }
            _ => Introspection::new(config, &endpoints, &token, now).map(Self::Access),
        }
    }
}

fn id_token(
    config: &ProviderConfig,
    endpoints: Endpoints,
    keys: Url,
    parts: CompactJws,
) -> Result<AppToken, ProviderFailure> {
    let proof = IdTokenProof {
        keys,
        expectation: Expectation {
            provider: config.provider,
            issuer: endpoints.issuer,
            audience: Audience::of_apps(config),
            nonce: Nonce::NotAsked,
        },
        names: Names::default(),
        names_from: None,
    };
    let token = UnverifiedToken::read(TokenKind::IdToken, parts)?;
    Ok(AppToken::Id(token, proof))
}

/// A JWT of a realm proves itself where userinfo says that it is still in force; the keys alone would
/// not know of a session that is over.
fn access_token(
    config: &ProviderConfig,
    endpoints: &Endpoints,
    keys: Url,
    parts: CompactJws,
    token: &Secret,
    now: Timestamp,
) -> Result<AppToken, ProviderFailure> {
    let inquiry = Introspection::new(config, endpoints, token, now);
    let (provider, audience) = (config.provider, Audience::of_apps(config));
    let userinfo = ProfileRequest::new(provider, endpoints, audience.clone(), token);
    let spec = config.spec();
    let is_realm = matches!(spec.token_sign_in, TokenSignIn::Introspection);
    let Some(userinfo) = userinfo.filter(|_| is_realm) else {
        return inquiry.map(AppToken::Access);
    };
    let proof = AccessTokenProof {
        keys,
        provider,
        issuer: endpoints.issuer.clone(),
        audience,
        userinfo,
    };
    // No key is looked for that could only be another issuer's.
    let unverified = proof.check_issuer(&parts.claims);
    match unverified.and_then(|()| Ok(UnverifiedToken::read(TokenKind::AccessToken, parts)?)) {
        Ok(token) => Ok(AppToken::SignedAccess(token, proof, inquiry.ok())),
        Err(failure) => Ok(AppToken::Access(inquiry?.after(&failure))),
    }
}

impl AccessTokenProof {
    fn check_issuer(&self, claims: &Map<String, Value>) -> Result<(), ProviderFailure> {
        check_issuer(TokenKind::AccessToken, self.provider, &self.issuer, claims)
    }

    /// Checks the claims at `now`; gives the question whether the token is still
    /// in force, whose answer must be about the same person.
    pub fn check(
        self,
        signed: SignedClaims,
        now: Timestamp,
    ) -> Result<ProfileRequest, ProviderFailure> {
        let SignedClaims(claims) = signed;
        let kind = TokenKind::AccessToken;
        self.check_issuer(&claims)?;
        self.audience.check_issued(kind, "azp", &claims)?;
        check_times(kind, &claims, now)?;
        check_bearer(&claims)?;
        let subject = subject(claims.get("sub"))
            .ok_or_else(|| ProviderFailure::untrusted("the access token has no sub"))?;
        let session = session_key(self.provider, &self.issuer, &claims);
        let profile = ExternalProfile {
            session,
            ..ExternalProfile::nameless(self.provider, self.issuer, subject)
        };
        Ok(self.userinfo.about(profile))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::{
        NOW, NOW_SECONDS, Signer256, answered, config, endpoints, good, settings_with, webcrypto,
    };
    use crate::auth::federation::identity::userinfo::Found;
    use crate::error::Reason;
    use serde_json::json;

    const WITH_ID_TOKENS: [Provider; 4] = [
        Provider::Google,
        Provider::Facebook,
        Provider::Apple,
        Provider::Keycloak,
    ];

    fn present(provider: Provider, token: &str) -> Result<AppToken, ProviderFailure> {
        let config = config(provider);
        let endpoints = endpoints(&config);
        AppToken::new(&config, endpoints, &Secret::new(token), NOW)
    }

    fn with(mut answer: Value, pointer: &str, value: &Value) -> Value {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = answer.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        parent.insert(name.to_owned(), value.clone());
        answer
    }

    #[test]
    fn an_id_token_is_verified_instead() {
        let signer = Signer256::new("k", 3);
        let token = signer.sign(&json!({ "sub": "x" }));
        for provider in WITH_ID_TOKENS {
            let presented = present(provider, &token);
            assert!(matches!(presented, Ok(AppToken::Id(..))), "{presented:?}");
        }
    }

    /// What Limited Login issues, as Meta's document of it has the claims.
    fn limited_login() -> Value {
        json!({ "iss": "https://www.facebook.com", "aud": "138483919580948", "sub": "1207059",
            "iat": NOW_SECONDS - 5, "exp": NOW_SECONDS + 3595, "jti": "V4qN.f10c", "nonce": "an app's",
            "email": "ann@example.com", "given_name": "Ann", "family_name": "Lee", "name": "Ann Lee",
            "picture": "https://platform-lookaside.fbsbx.com/x" })
    }

    fn limited(claims: &Value) -> Result<ExternalProfile, ProviderFailure> {
        let signer = Signer256::new("k", 3);
        let presented = present(Provider::Facebook, &signer.sign(claims)).unwrap();
        let AppToken::Id(token, proof) = presented else {
            panic!("{presented:?}");
        };
        assert_eq!(
            proof.keys.as_str(),
            "https://limited.facebook.com/.well-known/oauth/openid/jwks/"
        );
        let keys = signer.key_set();
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
                Err(ErrorKind::Unauthenticated(Reason::InvalidCredentials).into())
            );
        }
        assert!(present(Provider::Apple, "opaque").is_err());
    }

    #[test]
    fn instagram_takes_no_part() {
        let presented = present(Provider::Instagram, "IGQVJ").map(|_| ());
        assert_eq!(
            presented.map_err(|failure| failure.error),
            Err(ErrorKind::NoSuchPath.into())
        );
    }

    const REALM: &str = "https://kc.example/realms/demo";

    /// As Keycloak 26 issues it to an app, with one claim changed, or left out if null.
    fn keycloaks(name: &str, value: Value) -> Value {
        let mut claims = json!({ "exp": NOW_SECONDS + 300, "iat": NOW_SECONDS, "jti": "onrtro:1",
            "iss": REALM, "sub": "f1d1a7c2", "typ": "Bearer", "azp": "phone", "sid": "b0c2",
            "acr": "1", "scope": "openid email profile", "email_verified": true,
            "email": "ann@example.com", "given_name": "Ann" });
        claims[name] = value;
        let claims = claims.as_object_mut().unwrap();
        claims.retain(|_, value| !value.is_null());
        Value::Object(claims.clone())
    }

    fn with_apps(token: &str) -> Result<AppToken, ProviderFailure> {
        let settings = settings_with(&[("KEYCLOAK_APP_CLIENT_IDS", "phone")]).unwrap();
        let keycloak = settings.provider(Provider::Keycloak).unwrap();
        AppToken::new(keycloak, endpoints(keycloak), &Secret::new(token), NOW)
    }

    fn signed(claims: &Value) -> Result<ProfileRequest, ProviderFailure> {
        let signer = Signer256::new("k", 3);
        match with_apps(&signer.sign(claims))? {
            AppToken::SignedAccess(token, proof, Some(_)) => {
                assert!(proof.keys.as_str().ends_with("/certs"));
                let keys = signer.key_set();
                let check = token.with_key(&keys).unwrap();
                let holds = webcrypto(&check);
                proof.check(check.verified(holds)?, NOW)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_token_of_the_realm_that_is_a_jwt_is_proven_by_keys_and_userinfo() {
        for (name, value) in [
            ("azp", json!("phone")),
            ("azp", json!("keycloak-client")),
            ("aud", json!("account")),
        ] {
            assert!(signed(&keycloaks(name, value)).is_ok());
        }
        let mut addressed = keycloaks("aud", json!(["account", "keycloak-client"]));
        addressed["azp"] = json!("another-client");
        let request = signed(&addressed).unwrap();
        assert!(request.call.url.path().ends_with("/userinfo"));
        let profile = answered(request, r#"{"sub":"f1d1a7c2","given_name":"Ann"}"#).unwrap();
        assert_eq!(
            (profile.subject.as_str(), profile.issuer.as_str()),
            ("f1d1a7c2", REALM)
        );
        assert_eq!(profile.names, Names::new(Some("Ann"), None, None));
        assert!(profile.session.is_some());
        assert_eq!(profile.email, None, "only id_tokens verify an address");
        let other = signed(&keycloaks("acr", json!("0"))).unwrap();
        assert!(answered(other, r#"{"sub":"somebody-else"}"#).is_err());
    }

    #[test]
    fn a_token_of_the_realm_that_claims_anything_else_is_not_proven_by_it() {
        for (name, value) in [
            ("azp", json!("another-client")),
            ("azp", json!(["phone"])),
            ("azp", Value::Null),
            ("exp", json!(NOW_SECONDS)),
            ("exp", Value::Null),
            ("iat", json!(NOW_SECONDS + 61)),
            ("nbf", json!(NOW_SECONDS + 61)),
            ("sub", json!("")),
            ("sub", Value::Null),
            ("cnf", json!({ "jkt": "x" })),
        ] {
            let refused = signed(&keycloaks(name, value.clone())).map(|request| request.call);
            assert!(refused.is_err(), "{name} {value}");
        }
    }

    #[test]
    fn any_other_token_is_asked_about() {
        let signer = Signer256::new("k", 3);
        let header = |typ: &str| json!({ "alg": "ES256", "kid": "k", "typ": typ });
        let at_jwt = signer.sign_as(&header("at+jwt"), &keycloaks("typ", Value::Null));
        assert!(matches!(with_apps(&at_jwt), Ok(AppToken::SignedAccess(..))));
        for (token, why) in [
            ("opaque".to_owned(), ""),
            (signer.sign(&keycloaks("typ", json!("DPoP"))), ""),
            (
                signer.sign(&keycloaks("iss", json!("https://kc.example/realms/other"))),
                "iss is",
            ),
            (
                signer.sign_as(&json!({ "alg": "HS256" }), &keycloaks("acr", json!("1"))),
                "alg is",
            ),
        ] {
            let presented = with_apps(&token);
            let Ok(AppToken::Access(inquiry)) = presented else {
                panic!("{presented:?}");
            };
            let failure = inquiry.read(&good(r#"{"active":false}"#), NOW).unwrap_err();
            assert!(failure.reason.contains(why), "{}", failure.reason);
        }
        // Where userinfo cannot be asked, the keys alone prove nothing.
        let settings = settings_with(&[]).unwrap();
        let keycloak = settings.provider(Provider::Keycloak).unwrap();
        let endpoints = Endpoints {
            profile: None,
            ..endpoints(keycloak)
        };
        let token = Secret::new(signer.sign(&keycloaks("acr", json!("1"))));
        let presented = AppToken::new(keycloak, endpoints, &token, NOW);
        assert!(
            matches!(presented, Ok(AppToken::Access(_))),
            "{presented:?}"
        );
    }

    #[test]
    fn an_access_token_is_never_an_id_token() {
        let signer = Signer256::new("k", 3);
        let token = signer.sign(&json!({ "typ": "Bearer", "aud": "keycloak-client" }));
        assert!(present(Provider::Apple, &token).is_err());
        for provider in [Provider::Google, Provider::Facebook] {
            let presented = present(provider, &token);
            assert!(
                matches!(presented, Ok(AppToken::Access(_))),
                "{presented:?}"
            );
        }
    }
}
