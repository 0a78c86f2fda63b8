//! Discovery (OpenID Connect Discovery 1.0 §4): where a realm's endpoints are.

use serde_json::{Map, Value};
use url::Url;

use crate::auth::federation::failure::ProviderFailure;
use crate::auth::federation::http::address;
use crate::auth::federation::http::call::{ProviderRequest, ProviderResponse};
use crate::auth::federation::provider::endpoints::{ENDPOINT, Endpoints};
use crate::auth::jose::invalid::quoted;
use crate::auth::text;
use crate::auth::transport::is_loopback;

/// How clients may prove themselves.
const AUTH_METHODS: &str = "token_endpoint_auth_methods_supported";
/// Which prompts there are (Initiating User Registration via OpenID Connect 1.0 §4).
const PROMPTS: &str = "prompt_values_supported";
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// Where a realm's document may be: today's layout, then the one with the old prefix.
#[derive(Debug, Clone)]
pub struct Discovery {
    /// To be tried in this order; the first whose document is good is used.
    pub candidates: [Candidate; 2],
    /// The settings that host and realm come from, for the log.
    settings: [&'static str; 2],
}

/// One place where the document may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The issuer that the document must have.
    issuer: String,
    url: Url,
}

impl Discovery {
    /// The places under a host; nothing if the realm's name cannot be a path segment.
    pub(in crate::auth::federation) fn new(
        host: &Url,
        realm: &str,
        settings: [&'static str; 2],
    ) -> Option<Self> {
        Some(Self {
            candidates: [
                Candidate::new(host, &["realms", realm])?,
                Candidate::new(host, &["auth", "realms", realm])?,
            ],
            settings,
        })
    }

    /// What the document is remembered under, wherever it was found.
    pub fn key(&self) -> &str {
        let [first, _] = &self.candidates;
        first.url.as_str()
    }

    /// No candidate had the document: 503, with what was seen at each beside what was expected.
    pub fn unavailable(&self, seen: &[ProviderFailure]) -> ProviderFailure {
        let ([host, realm], [first, second]) = (self.settings, &self.candidates);
        let seen: Vec<&str> = seen.iter().map(|seen| seen.reason.as_str()).collect();
        ProviderFailure::unavailable(format!(
            "{host}, {realm}: expected the discovery document of {} or {}, seen {}",
            first.issuer,
            second.issuer,
            seen.join("; ")
        ))
    }
}

impl Candidate {
    fn new(host: &Url, segments: &[&str]) -> Option<Self> {
        // The URL crate drops these two without a word.
        if segments
            .iter()
            .any(|segment| matches!(*segment, "." | ".."))
        {
            return None;
        }
        let mut issuer = host.clone();
        issuer.set_query(None);
        issuer
            .path_segments_mut()
            .ok()?
            .pop_if_empty()
            .extend(segments);
        let url = text::url(&format!("{issuer}{WELL_KNOWN}")).ok()?;
        Some(Self {
            issuer: issuer.into(),
            url,
        })
    }

    /// The request for the document, which may be cached by its URL.
    pub fn call(&self) -> ProviderRequest {
        ProviderRequest::get(self.url.clone())
    }

    /// Reads the document; 503 if this is not a provider we can use.
    ///
    /// `issuer` must be the very URL the document was found under (Discovery §4.3), and the
    /// endpoints https, or on loopback where the issuer is.
    pub fn read(&self, answer: &ProviderResponse<'_>) -> Result<Endpoints, ProviderFailure> {
        let document = answer
            .object(self.url.as_str())
            .map_err(|failure| ProviderFailure::unavailable(failure.reason))?;
        let issuer = document.get("issuer").and_then(Value::as_str);
        if issuer != Some(self.issuer.as_str()) {
            let seen = quoted(issuer.unwrap_or_default());
            return Err(self.unusable(&format!("the issuer is {seen}, not {}", self.issuer)));
        }
        let optional = |name: &str| self.endpoint(&document, name);
        let required = |name: &str| {
            optional(name)?.ok_or_else(|| self.unusable(&format!("there is no {name}")))
        };
        Ok(Endpoints {
            issuer: self.issuer.clone(),
            authorize: required("authorization_endpoint")?,
            token: required("token_endpoint")?,
            jwks: Some(required("jwks_uri")?),
            profile: optional("userinfo_endpoint")?,
            introspection: optional("introspection_endpoint")?,
            end_session: optional("end_session_endpoint")?,
            revocation: None,
            promises_issuer: document.get("authorization_response_iss_parameter_supported")
                == Some(&Value::Bool(true)),
            secret_in_header: !lists(&document, AUTH_METHODS, "client_secret_post"),
            lacks_account_choice: lists(&document, PROMPTS, "login")
                && !lists(&document, PROMPTS, "select_account"),
        })
    }

    fn endpoint(
        &self,
        document: &Map<String, Value>,
        name: &str,
    ) -> Result<Option<Url>, ProviderFailure> {
        let Some(value) = document.get(name).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        value
            .as_str()
            .and_then(address::endpoint)
            .filter(|url| url.scheme() == "https" || is_loopback(self.url.as_str()))
            .map(Some)
            .ok_or_else(|| self.unusable(&format!("{name} is not {ENDPOINT}")))
    }

    fn unusable(&self, what: &str) -> ProviderFailure {
        ProviderFailure::unavailable(format!("{}: {what}", self.url))
    }
}

/// Whether a list of the document has this text. One that is absent has nothing: the default of the
/// methods is the header (Discovery §3), and of prompts there is none.
fn lists(document: &Map<String, Value>, name: &str, text: &str) -> bool {
    let list = document.get(name).and_then(Value::as_array);
    list.is_some_and(|list| list.iter().any(|entry| entry == text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::{good, keycloak_metadata};
    use crate::error::ErrorKind;
    use serde_json::json;

    const ISSUER: &str = "https://kc.example/realms/demo";

    fn discovery(host: &str, realm: &str) -> Option<Discovery> {
        let settings = ["KEYCLOAK_HOST", "KEYCLOAK_REALM"];
        Discovery::new(&text::url(host).unwrap(), realm, settings)
    }

    fn urls(host: &str, realm: &str) -> [String; 2] {
        let candidates = discovery(host, realm).unwrap().candidates;
        candidates.map(|candidate| candidate.call().url.into())
    }

    fn read(document: &Value) -> Result<Endpoints, ProviderFailure> {
        let [first, _] = discovery("https://kc.example", "demo").unwrap().candidates;
        first.read(&good(&document.to_string()))
    }

    fn with(name: &str, value: Value) -> Value {
        let mut document = keycloak_metadata(ISSUER);
        document[name] = value;
        document
    }

    fn unavailable(result: Result<Endpoints, ProviderFailure>) -> bool {
        result.is_err_and(|failure| matches!(failure.error.kind(), ErrorKind::Unavailable(_)))
    }

    #[test]
    fn todays_layout_is_tried_before_the_old_prefix() {
        let expected = [
            "https://kc.example/realms/demo/.well-known/openid-configuration",
            "https://kc.example/auth/realms/demo/.well-known/openid-configuration",
        ];
        assert_eq!(urls("https://kc.example", "demo"), expected);
        assert_eq!(urls("https://KC.example:443/", "demo"), expected);
        assert_eq!(
            urls("https://kc.example/auth/", "my realm/é"),
            [
                "https://kc.example/auth/realms/my%20realm%2F%C3%A9/.well-known/openid-configuration",
                "https://kc.example/auth/auth/realms/my%20realm%2F%C3%A9/.well-known/openid-configuration",
            ]
        );
        for realm in [".", ".."] {
            assert!(discovery("https://kc.example", realm).is_none());
        }
    }

    #[test]
    fn keycloaks_document_is_read() {
        let endpoints = read(&keycloak_metadata(ISSUER)).unwrap();
        let at = |path: &str| format!("{ISSUER}/protocol/openid-connect/{path}");
        let text = |url: &Option<Url>| url.as_ref().unwrap().to_string();
        assert_eq!(endpoints.issuer, ISSUER);
        assert_eq!(endpoints.authorize.as_str(), at("auth"));
        assert_eq!(endpoints.token.as_str(), at("token"));
        assert_eq!(text(&endpoints.jwks), at("certs"));
        assert_eq!(text(&endpoints.profile), at("userinfo"));
        assert_eq!(text(&endpoints.introspection), at("token/introspect"));
        assert_eq!(text(&endpoints.end_session), at("logout"));
        assert!(endpoints.promises_issuer);
        assert!(!endpoints.secret_in_header);
    }

    #[test]
    fn the_issuer_is_the_very_url_it_was_found_under() {
        for issuer in [
            "https://kc.example/realms/demo/",
            "https://kc.example/realms/other",
            "https://kc.example/auth/realms/demo",
            "http://kc.example/realms/demo",
            "https://KC.example/realms/demo",
            "https://evil.example/realms/demo",
            "",
        ] {
            assert!(
                unavailable(read(&with("issuer", json!(issuer)))),
                "{issuer}"
            );
        }
        assert!(unavailable(read(&with("issuer", json!([ISSUER])))));
        let [_, old] = discovery("https://kc.example", "demo").unwrap().candidates;
        let prefixed = "https://kc.example/auth/realms/demo";
        let document = keycloak_metadata(prefixed).to_string();
        assert_eq!(old.read(&good(&document)).unwrap().issuer, prefixed);
    }

    #[test]
    fn what_was_seen_is_said_beside_what_was_expected() {
        let discovery = discovery("https://kc.example", "demo").unwrap();
        let [first, second] = &discovery.candidates;
        let other = with("issuer", json!("https://sso.example/realms/demo")).to_string();
        let missing = ProviderResponse {
            status: 404,
            body: br#"{"error":"Realm does not exist"}"#,
        };
        let seen = [
            first.read(&good(&other)).unwrap_err(),
            second.read(&missing).unwrap_err(),
        ];
        let failure = discovery.unavailable(&seen);
        assert_eq!(
            failure.reason,
            "KEYCLOAK_HOST, KEYCLOAK_REALM: expected the discovery document of \
             https://kc.example/realms/demo or https://kc.example/auth/realms/demo, seen \
             https://kc.example/realms/demo/.well-known/openid-configuration: the issuer is \
             https://sso.example/realms/demo, not https://kc.example/realms/demo; \
             https://kc.example/auth/realms/demo/.well-known/openid-configuration: status 404, \
             error Realm does not exist"
        );
        assert!(matches!(failure.error.kind(), ErrorKind::Unavailable(_)));
    }

    #[test]
    fn an_endpoint_that_cannot_be_trusted_spoils_the_document() {
        for name in [
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
            "userinfo_endpoint",
            "introspection_endpoint",
            "end_session_endpoint",
        ] {
            for value in [
                json!("http://kc.example/x"),
                json!("http://127.0.0.1/x"),
                json!("https://user@kc.example/x"),
                json!("javascript:alert(1)"),
                json!("/token"),
                json!(1),
                json!(""),
            ] {
                assert!(
                    unavailable(read(&with(name, value.clone()))),
                    "{name} {value}"
                );
            }
        }
        for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
            assert!(unavailable(read(&with(name, Value::Null))), "{name}");
        }
        for name in [
            "userinfo_endpoint",
            "introspection_endpoint",
            "end_session_endpoint",
        ] {
            assert!(read(&with(name, Value::Null)).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_provider_on_loopback_has_its_endpoints_there() {
        let [first, _] = discovery("http://127.0.0.1:9000", "demo")
            .unwrap()
            .candidates;
        let document = keycloak_metadata("http://127.0.0.1:9000/realms/demo").to_string();
        assert!(first.read(&good(&document)).is_ok());
    }

    #[test]
    fn only_true_promises_an_issuer() {
        let name = "authorization_response_iss_parameter_supported";
        for value in [json!(false), json!("true"), json!(1), Value::Null] {
            assert!(!read(&with(name, value)).unwrap().promises_issuer);
        }
    }

    #[test]
    fn the_secret_goes_into_the_header_unless_the_body_is_offered() {
        let name = "token_endpoint_auth_methods_supported";
        for value in [Value::Null, json!(["client_secret_basic"]), json!([])] {
            assert!(read(&with(name, value)).unwrap().secret_in_header);
        }
    }

    #[test]
    fn an_account_is_chosen_by_login_where_only_that_is_offered() {
        for (value, lacks) in [
            (Value::Null, false),
            (json!([]), false),
            (json!(["none", "login", "consent"]), true), // as Keycloak 26 has it
            (json!(["login", "select_account"]), false),
            (json!("login"), false),
        ] {
            let endpoints = read(&with(PROMPTS, value.clone())).unwrap();
            assert_eq!(endpoints.lacks_account_choice, lacks, "{value}");
        }
    }

    #[test]
    fn whatever_is_not_a_document_is_unavailable() {
        let [first, _] = discovery("https://kc.example", "demo").unwrap().candidates;
        let whole = keycloak_metadata(ISSUER).to_string();
        let padded = format!("{whole}{}", " ".repeat(1_048_576));
        for (status, body) in [
            (200, ""),
            (200, "<html>"),
            (200, "[]"),
            (200, whole.split_at(whole.len() - 1).0),
            (200, padded.as_str()),
            (302, whole.as_str()),
            (404, "{}"),
            (500, whole.as_str()),
        ] {
            let body = body.as_bytes();
            assert!(
                unavailable(first.read(&ProviderResponse { status, body })),
                "{status}"
            );
        }
    }
}
