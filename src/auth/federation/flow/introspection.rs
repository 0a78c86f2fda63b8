//! Introspection of an access token by its provider: to which client was it issued, and for which
//! subject (RFC 7662, and what Google and Facebook have in its place).

use serde_json::{Map, Value};

use crate::auth::federation::failure::ProviderFailure;
use crate::auth::federation::http::address;
use crate::auth::federation::http::call::{ProviderRequest, ProviderResponse};
use crate::auth::federation::identity::claims::{check_bearer, identifier, session_key};
use crate::auth::federation::identity::names::Names;
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::federation::identity::userinfo::{Found, ProfileRequest};
use crate::auth::federation::provider::audience::Audience;
use crate::auth::federation::provider::config::{Credential, ProviderConfig};
use crate::auth::federation::provider::endpoints::Endpoints;
use crate::auth::federation::provider::spec::Provider;
use crate::auth::federation::provider::spec::TokenSignIn;
use crate::auth::jose::invalid::quoted;
use crate::auth::jose::token_kind::TokenKind;
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;
use crate::error::Error;

/// The request for the client and the subject of an access token.
#[derive(Debug)]
pub struct Introspection {
    /// To be sent.
    pub call: ProviderRequest,
    kind: IntrospectionKind,
    provider: Provider,
    issuer: String,
    audience: Audience,
    names_from: Option<ProfileRequest>,
    /// Why nothing else has proven the token, for the log.
    before: String,
}

#[derive(Debug, Clone, Copy)]
enum IntrospectionKind {
    TokenInfo,
    DebugToken,
    Introspection,
}

impl Introspection {
    pub(in crate::auth::federation) fn new(
        config: &ProviderConfig,
        endpoints: &Endpoints,
        token: &Secret,
        now: Timestamp,
    ) -> Result<Self, ProviderFailure> {
        let (kind, call) = match config.spec().token_sign_in {
            TokenSignIn::TokenInfo(_) => (IntrospectionKind::TokenInfo, token_info(config, token)),
            TokenSignIn::DebugToken(_) => {
                (IntrospectionKind::DebugToken, debug_token(config, token))
            }
            TokenSignIn::Introspection => (
                IntrospectionKind::Introspection,
                introspection(config, endpoints, token, now)?,
            ),
            TokenSignIn::No | TokenSignIn::IdToken => {
                return Err(ProviderFailure::untrusted("the token is not an id_token"));
            }
        };
        let (provider, audience) = (config.provider, Audience::of_apps(config));
        Ok(Self {
            call: call
                .ok_or_else(|| ProviderFailure::untrusted("nobody to ask about the token"))?,
            kind,
            provider,
            issuer: endpoints.issuer.clone(),
            names_from: ProfileRequest::new(provider, endpoints, audience.clone(), token),
            audience,
            before: String::new(),
        })
    }

    /// The same question, after another proof has failed.
    #[must_use]
    pub fn after(self, failure: &ProviderFailure) -> Self {
        let before = format!("{}; ", failure.reason);
        Self { before, ..self }
    }

    /// Reads the response at `now`: the token must be active, issued to us, and have a subject.
    pub fn read(
        self,
        answer: &ProviderResponse<'_>,
        now: Timestamp,
    ) -> Result<Found, ProviderFailure> {
        let before = self.before.clone();
        self.found(answer, now).map_err(|failure| ProviderFailure {
            reason: format!("{before}{}", failure.reason),
            ..failure
        })
    }

    fn found(
        self,
        answer: &ProviderResponse<'_>,
        now: Timestamp,
    ) -> Result<Found, ProviderFailure> {
        let mut answer = answer.object("the token check")?;
        if matches!(self.kind, IntrospectionKind::DebugToken) {
            answer = match answer.remove("data") {
                Some(Value::Object(data)) => data,
                _ => return Err(ProviderFailure::untrusted("the token check says nothing")),
            };
        }
        if !self.is_good(&answer, now) {
            return Err(self.not_good());
        }
        let person = match self.kind {
            IntrospectionKind::TokenInfo | IntrospectionKind::Introspection => "sub",
            IntrospectionKind::DebugToken => "user_id",
        };
        self.check_owner(&answer)?;
        let subject = identifier(answer.get(person))
            .ok_or_else(|| ProviderFailure::untrusted("the token is about nobody"))?;
        let mut profile = ExternalProfile::nameless(self.provider, self.issuer, subject);
        if matches!(self.kind, IntrospectionKind::Introspection) {
            check_bearer(&answer)?;
            profile.session = session_key(self.provider, &profile.issuer, &answer);
            profile.names = Names::of(&self.provider.spec().fields, &answer);
            return Ok(Found::named(profile, self.names_from));
        }
        Ok(match self.names_from {
            Some(request) => Found::Ask(request.about(profile)),
            None => Found::Profile(profile),
        })
    }

    /// The client that the token was issued to must be ours.
    fn check_owner(&self, answer: &Map<String, Value>) -> Result<(), ProviderFailure> {
        let owner = match self.kind {
            IntrospectionKind::TokenInfo => "aud",
            IntrospectionKind::DebugToken => "app_id",
            IntrospectionKind::Introspection => {
                let kind = TokenKind::AccessToken;
                return self.audience.check_issued(kind, "client_id", answer);
            }
        };
        let owner = identifier(answer.get(owner)).unwrap_or_default();
        if self.audience.has(&owner) {
            return Ok(());
        }
        let (setting, owner) = (self.provider.spec().client_id, quoted(&owner));
        Err(ProviderFailure::untrusted(format!(
            "{setting}: the token was issued to another client, {owner}"
        )))
    }

    fn not_good(&self) -> ProviderFailure {
        let setting = self.provider.spec().client_id;
        ProviderFailure::untrusted(match self.kind {
            // Keycloak says so of every token that is not addressed to the client that asks.
            IntrospectionKind::Introspection => format!(
                "{setting}: introspection does not say that the token is active, a bearer token, \
                 and of {}; one that is must have our client in its aud",
                self.issuer
            ),
            IntrospectionKind::TokenInfo | IntrospectionKind::DebugToken => {
                "the token is not good any more".to_owned()
            }
        })
    }

    /// Whether the provider says that it is an access token in force.
    fn is_good(&self, answer: &Map<String, Value>, now: Timestamp) -> bool {
        let is_true = |name: &str| answer.get(name) == Some(&Value::Bool(true));
        let is_or_absent =
            |name: &str, expected: &str| answer.get(name).is_none_or(|value| value == expected);
        // Google writes numbers as text.
        let seconds = |name: &str| match answer.get(name) {
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_i64(),
            None => None,
        };
        let in_force = |end: Option<i64>| end.is_some_and(|end| now < Timestamp::from_seconds(end));
        match self.kind {
            IntrospectionKind::TokenInfo => in_force(seconds("exp")),
            IntrospectionKind::DebugToken => {
                let end = seconds("expires_at"); // 0: never
                is_true("is_valid")
                    && is_or_absent("type", "USER")
                    && (end == Some(0) || in_force(end))
            }
            IntrospectionKind::Introspection => {
                is_true("active")
                    && is_or_absent("iss", &self.issuer)
                    && is_or_absent("typ", "Bearer")
                    && (!answer.contains_key("exp") || in_force(seconds("exp")))
            }
        }
    }
}

/// <https://developers.google.com/identity/protocols/oauth2>: GET with the token in the query.
fn token_info(config: &ProviderConfig, token: &Secret) -> Option<ProviderRequest> {
    let url = config.token_check.as_ref()?;
    let parameters = [("access_token", token.expose())];
    Some(ProviderRequest::get(address::with_parameters(
        url,
        &parameters,
    )))
}

/// <https://developers.facebook.com/docs/graph-api/reference/debug_token>: asked as the app.
fn debug_token(config: &ProviderConfig, token: &Secret) -> Option<ProviderRequest> {
    let url = config.token_check.as_ref()?;
    let Credential::Secret(secret) = &config.credential else {
        return None;
    };
    let app = format!("{}|{}", config.client_id, secret.expose());
    let parameters = [("input_token", token.expose()), ("access_token", &app)];
    Some(ProviderRequest::get(address::with_parameters(
        url,
        &parameters,
    )))
}

/// RFC 7662 §2.1.
fn introspection(
    config: &ProviderConfig,
    endpoints: &Endpoints,
    token: &Secret,
    now: Timestamp,
) -> Result<Option<ProviderRequest>, Error> {
    let parameters = [
        ("token", token.expose()),
        ("token_type_hint", "access_token"),
    ];
    let call = |url| config.authenticated_call(endpoints, url, &parameters, now);
    endpoints.introspection.as_ref().map(call).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::{
        NOW, NOW_SECONDS, answered, config, endpoints, good, header, pairs, sent, settings_with,
    };
    use crate::error::ErrorKind;
    use crate::error::Reason;
    use serde_json::json;

    fn inquiry(provider: Provider) -> Introspection {
        let config = config(provider);
        let (endpoints, token) = (endpoints(&config), Secret::new("ya29.token"));
        Introspection::new(&config, &endpoints, &token, NOW).unwrap()
    }

    fn read(provider: Provider, answer: &Value) -> Result<Found, ProviderFailure> {
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
                    assert_eq!(
                        failure.error,
                        ErrorKind::Unauthenticated(Reason::InvalidCredentials)
                    );
                }
                Ok(_) => panic!("{pointer} {value}"),
            }
        }
        assert!(read(provider, &json!({})).is_err());
        assert!(
            inquiry(provider)
                .read(
                    &ProviderResponse {
                        status: 400,
                        body: b"{}"
                    },
                    NOW
                )
                .is_err()
        );
    }

    fn asks_about(found: Result<Found, ProviderFailure>, subject: &str) -> ProfileQuestion {
        match found {
            Ok(Found::Ask(request)) => {
                let call = request.call.clone();
                let body = json!({ "sub": subject, "id": subject }).to_string();
                let profile = answered(request, &body).unwrap();
                assert_eq!(profile.subject, subject);
                assert_eq!(profile.email, None);
                ProfileQuestion { call, profile }
            }
            other => panic!("{other:?}"),
        }
    }

    struct ProfileQuestion {
        call: ProviderRequest,
        profile: ExternalProfile,
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
                (
                    "/cnf",
                    json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }),
                ),
            ],
        );
        assert!(read(Provider::Keycloak, &json!({ "active": false })).is_err());
        let addressed = with(introspected(), "/client_id", &json!("another-client"));
        for aud in [
            json!("keycloak-client"),
            json!(["account", "keycloak-client"]),
        ] {
            let addressed = with(addressed.clone(), "/aud", &aud);
            assert!(read(Provider::Keycloak, &addressed).is_ok(), "{aud}");
        }
    }

    #[test]
    fn names_and_session_of_an_introspected_token_are_taken() {
        let answer = with(introspected(), "/given_name", &json!("Ann"));
        let answer = with(answer, "/sid", &json!("b0c2"));
        match read(Provider::Keycloak, &answer) {
            Ok(Found::Profile(profile)) => {
                assert_eq!(profile.names, Names::new(Some("Ann"), None, None));
                assert!(profile.session.is_some());
                assert_eq!(profile.email, None);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_refusal_says_what_failed_before() {
        let inquiry =
            inquiry(Provider::Keycloak).after(&ProviderFailure::untrusted("userinfo said no"));
        let failure = inquiry.read(&good(r#"{"active":false}"#), NOW).unwrap_err();
        assert!(
            failure
                .reason
                .starts_with("userinfo said no; KEYCLOAK_CLIENT_ID: introspection")
        );
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
            let config = settings.provider(provider).unwrap();
            let read = |owner_is: &str| {
                let (endpoints, token) = (endpoints(config), Secret::new("ya29.token"));
                let inquiry = Introspection::new(config, &endpoints, &token, NOW).unwrap();
                let answer = with(answer.clone(), owner, &json!(owner_is));
                inquiry.read(&good(&answer.to_string()), NOW)
            };
            assert!(read("4711").is_ok(), "{setting}");
            assert!(read("ios").is_ok(), "{setting}");
            assert!(read(&config.client_id).is_ok(), "{setting}");
            for other in ["", "4711, ios", "ios ", "another-client"] {
                assert!(read(other).is_err(), "{setting} {other}");
            }
        }
    }
}
