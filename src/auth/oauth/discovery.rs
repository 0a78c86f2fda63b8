//! The discovery document (OpenID Connect Discovery 1.0 §3, RFC 8414 §2): only what is true.

use serde_json::{Map, Value};

use super::authorization::{prompt, response};
use super::client::{AuthenticationMethod, GrantType};
use super::scope::{PUBLIC, Scope};
use super::user_claims;
use crate::auth::assurance::Aal;
use crate::auth::jose::algorithm::{ED25519, SignatureAlgorithm};

/// The paths of the endpoints, in the worker's routes and in the document alike.
pub mod paths {
    /// RFC 6749 §3.1.
    pub const AUTHORIZE: &str = "/oauth/authorize";
    /// RFC 9126 §2.
    pub const PUSH: &str = "/oauth/par";
    /// RFC 6749 §3.2.
    pub const TOKEN: &str = "/oauth/token";
    /// OIDC Core §5.3.
    pub const USERINFO: &str = "/oauth/userinfo";
    /// RFC 7662 §2.
    pub const INTROSPECT: &str = "/oauth/introspect";
    /// RFC 7009 §2.
    pub const REVOKE: &str = "/oauth/revoke";
    /// OIDC RP-Initiated Logout §2.
    pub const LOGOUT: &str = "/oauth/logout";
    /// RFC 8628 §3.1.
    pub const DEVICE: &str = "/oauth/device";
    /// RFC 8628 §3.3, where a user types the code.
    pub const VERIFICATION: &str = "/device";
    /// RFC 7591 §3.
    pub const REGISTER: &str = "/oauth/register";
    /// RFC 7517 §5.
    pub const KEYS: &str = "/.well-known/jwks.json";
    /// RFC 8414 §2, what developers read: every operation, to be called from there.
    pub const EXPLORER: &str = "/explorer";
}

/// The claims of ID Tokens that are not of a user's.
const TOKEN_CLAIMS: [&str; 9] = [
    "iss",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "sid",
];

/// What is there, and what is not; the absence of a member would mean another thing.
const FEATURES: [(&str, bool); 8] = [
    ("claims_parameter_supported", true),
    ("request_parameter_supported", false),
    ("request_uri_parameter_supported", false),
    ("require_pushed_authorization_requests", false),
    ("authorization_response_iss_parameter_supported", true),
    ("backchannel_logout_supported", true),
    ("backchannel_logout_session_supported", true),
    ("client_id_metadata_document_supported", true),
];

/// What the document depends on.
#[derive(Debug, Clone, Copy)]
pub struct Provider<'a> {
    /// The issuer, under which all endpoints are.
    pub issuer: &'a str,
    /// What this service signs with.
    pub signing: &'a [SignatureAlgorithm],
    /// Scopes that every client may ask for, besides the public ones.
    pub of_resources: &'a Scope,
    /// Whether clients may register themselves.
    pub registers: bool,
    /// The languages of the pages.
    pub locales: &'a [&'a str],
}

impl Provider<'_> {
    /// The document.
    pub fn document(&self) -> Map<String, Value> {
        let mut document = Map::new();
        document.insert("issuer".to_owned(), Value::from(self.issuer));
        self.endpoints(&mut document);
        self.offers(&mut document);
        self.authentication(&mut document);
        document
    }

    fn endpoints(&self, document: &mut Map<String, Value>) {
        let endpoints = [
            ("authorization_endpoint", paths::AUTHORIZE),
            ("token_endpoint", paths::TOKEN),
            ("userinfo_endpoint", paths::USERINFO),
            ("jwks_uri", paths::KEYS),
            ("end_session_endpoint", paths::LOGOUT),
            ("revocation_endpoint", paths::REVOKE),
            ("introspection_endpoint", paths::INTROSPECT),
            ("pushed_authorization_request_endpoint", paths::PUSH),
            ("device_authorization_endpoint", paths::DEVICE),
            ("service_documentation", paths::EXPLORER),
        ];
        // Absent, and not null, which some clients fail at.
        let registration = self
            .registers
            .then_some(("registration_endpoint", paths::REGISTER));
        for (name, path) in endpoints.into_iter().chain(registration) {
            document.insert(
                name.to_owned(),
                Value::from(format!("{}{path}", self.issuer)),
            );
        }
    }

    /// What requests may ask for, and what tokens say.
    fn offers(&self, document: &mut Map<String, Value>) {
        let grants: Vec<_> = GrantType::ALL.iter().map(|grant| grant.name()).collect();
        let scopes = Scope::of(&PUBLIC).with(self.of_resources);
        let scopes: Vec<_> = scopes.iter().collect();
        let names = |algorithm: &SignatureAlgorithm| algorithm.name();
        let algorithms: Vec<_> = self.signing.iter().map(names).collect();
        let own = TOKEN_CLAIMS.into_iter();
        let claims: Vec<_> = own.chain(user_claims::supported()).collect();
        let lists: [(&str, &[&str]); 13] = [
            ("response_types_supported", &["code"]),
            ("response_modes_supported", &response::SUPPORTED),
            ("grant_types_supported", &grants),
            ("subject_types_supported", &["public"]),
            ("id_token_signing_alg_values_supported", &algorithms),
            ("scopes_supported", &scopes),
            ("claim_types_supported", &["normal"]),
            ("claims_supported", &claims),
            ("acr_values_supported", &[Aal::One.acr(), Aal::Two.acr()]),
            ("prompt_values_supported", &prompt::SUPPORTED),
            ("ui_locales_supported", self.locales),
            ("code_challenge_methods_supported", &["S256"]),
            // Without `none` among the algorithms nobody tries unsigned request objects.
            (
                "request_object_signing_alg_values_supported",
                &[SignatureAlgorithm::Rs256.name()],
            ),
        ];
        for (name, values) in lists {
            document.insert(name.to_owned(), texts(values));
        }
        for (name, offered) in FEATURES {
            document.insert(name.to_owned(), Value::Bool(offered));
        }
    }

    fn authentication(&self, document: &mut Map<String, Value>) {
        let none = AuthenticationMethod::None.name();
        let methods = AuthenticationMethod::ALL.iter().map(|method| method.name());
        let methods: Vec<_> = methods.collect();
        let proven = methods.iter().copied().filter(|name| *name != none);
        let proven: Vec<_> = proven.collect();
        let [rs256, ps256, es256, eddsa] = SignatureAlgorithm::ALL.map(SignatureAlgorithm::name);
        let assertions = [ps256, es256, eddsa, ED25519, rs256];
        for (endpoint, methods) in [
            ("token", &methods),
            ("revocation", &methods),
            ("introspection", &proven),
        ] {
            let supported = format!("{endpoint}_endpoint_auth_methods_supported");
            document.insert(supported, texts(methods));
            let signing = format!("{endpoint}_endpoint_auth_signing_alg_values_supported");
            document.insert(signing, texts(&assertions));
        }
        let proofs = texts(&[es256, eddsa, ED25519, ps256]);
        document.insert("dpop_signing_alg_values_supported".to_owned(), proofs);
    }
}

/// A list of texts, as JSON has it.
fn texts(list: &[&str]) -> Value {
    list.iter().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document(registers: bool) -> Value {
        let of_resources = Scope::of(&["mcp:tools"]);
        let provider = Provider {
            issuer: "https://login.example",
            signing: &[SignatureAlgorithm::Rs256, SignatureAlgorithm::EdDsa],
            of_resources: &of_resources,
            registers,
            locales: &["en", "de"],
        };
        Value::Object(provider.document())
    }

    #[test]
    fn the_document_has_what_every_client_reads() {
        let document = document(false);
        for (name, value) in [
            ("issuer", json!("https://login.example")),
            ("token_endpoint", json!("https://login.example/oauth/token")),
            (
                "jwks_uri",
                json!("https://login.example/.well-known/jwks.json"),
            ),
            ("response_types_supported", json!(["code"])),
            (
                "id_token_signing_alg_values_supported",
                json!(["RS256", "EdDSA"]),
            ),
            (
                "scopes_supported",
                json!([
                    "openid",
                    "profile",
                    "email",
                    "phone",
                    "offline_access",
                    "mcp:tools"
                ]),
            ),
            ("code_challenge_methods_supported", json!(["S256"])),
            ("request_uri_parameter_supported", json!(false)),
            (
                "dpop_signing_alg_values_supported",
                json!(["ES256", "EdDSA", "Ed25519", "PS256"]),
            ),
        ] {
            assert_eq!(document[name], value, "{name}");
        }
        assert!(
            document["grant_types_supported"]
                .as_array()
                .unwrap()
                .iter()
                .all(|grant| grant != "implicit")
        );
    }

    #[test]
    fn nothing_in_it_is_null_and_registration_is_told_where_it_is_open() {
        for registers in [false, true] {
            let document = document(registers);
            let members = document.as_object().unwrap();
            assert!(members.values().all(|value| !value.is_null()));
            assert_eq!(members.contains_key("registration_endpoint"), registers);
        }
    }
}
