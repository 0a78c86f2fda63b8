//! Client metadata by the names of RFC 7591 and OIDC Registration: one reader for what operators write,
//! clients register, and metadata documents hold.

use serde_json::{Map, Value};

use super::choices::{
    OperatorChoices, algorithm, authentication, check_refused, grant_types, noted,
};
use super::keys::ClientKeys;
use super::members::{Members, refused};
use super::uris::{called, redirect_uris};
use super::{AuthenticationMethod, Display, GrantType, OAuthClient, Source};
use crate::auth::jose::algorithm::SignatureAlgorithm;
use crate::auth::oauth::failure::Failure;
use crate::auth::oauth::scope::Scope;
use crate::auth::time::Seconds;

/// What a client may be made of.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// Who has written the metadata.
    pub source: Source,
    /// Whether this service runs on loopback, where others on loopback may be called.
    pub local: bool,
    /// The algorithms that this service can sign with.
    pub signing: &'a [SignatureAlgorithm],
}

/// A client as its metadata describe it.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientMetadata {
    /// What OAuth needs.
    pub client: OAuthClient,
    /// What users see.
    pub display: Display,
}

impl Policy<'_> {
    /// For metadata that were read once and stored: keys and address of the service may have changed.
    pub const fn stored(source: Source) -> Self {
        Self {
            source,
            local: true,
            signing: &SignatureAlgorithm::ALL,
        }
    }
}

impl ClientMetadata {
    /// Reads metadata. Members that nobody knows are ignored (RFC 7591 §2).
    ///
    /// # Errors
    ///
    /// `invalid_redirect_uri` or `invalid_client_metadata` (§3.2.2).
    pub fn read(document: &Map<String, Value>, policy: Policy<'_>) -> Result<Self, Failure> {
        let members = Members(document);
        check_refused(members)?;
        let client = client(members, policy)?;
        client.check()?;
        let display = Display::read(members)?;
        Ok(Self { client, display })
    }
}

fn client(members: Members<'_>, policy: Policy<'_>) -> Result<OAuthClient, Failure> {
    let (source, local) = (policy.source, policy.local);
    let flag = |name| Ok::<_, Failure>(members.flag(name)?.unwrap_or(false));
    let known = |name, possible| algorithm(members, name, possible);
    let all = &SignatureAlgorithm::ALL;
    // A document's author has not shown that the other addresses are theirs.
    let of_document = source == Source::Document;
    let keys = ClientKeys::read(members, local)?;
    let chosen = OperatorChoices::read(members, source)?;
    Ok(OAuthClient {
        source,
        consent: chosen.consent,
        open: chosen.open,
        redirect_uris: redirect_uris(members, "redirect_uris", source, local)?,
        post_logout_redirect_uris: match of_document {
            true => Vec::new(),
            false => redirect_uris(members, "post_logout_redirect_uris", source, local)?,
        },
        authentication: authentication(members, source)?,
        assertion_algorithm: known("token_endpoint_auth_signing_alg", all)?,
        jwks: keys.jwks,
        jwks_uri: keys.jwks_uri,
        grant_types: grant_types(members, source)?,
        scope: members.text("scope")?.map(scope).transpose()?,
        id_token_algorithm: id_token_algorithm(members, policy, chosen.fapi)?,
        access_token_algorithm: known("access_token_signed_response_alg", policy.signing)?,
        require_pkce: chosen.require_pkce,
        require_pushed_authorization_requests: flag("require_pushed_authorization_requests")?,
        dpop_bound_access_tokens: flag("dpop_bound_access_tokens")?,
        fapi: chosen.fapi,
        backchannel_logout_uri: match of_document {
            true => None,
            false => called(members, "backchannel_logout_uri", local)?,
        },
        default_max_age: members.number("default_max_age")?.map(Seconds::new),
        require_auth_time: flag("require_auth_time")?,
        default_acr_values: texts(members.list("default_acr_values")?),
        id_token_claims: chosen.id_token_claims,
        noted: noted(members)?,
    })
}

/// The default may always be said: without a key for it the endpoints are off. The FAPI profile has another,
/// if there is a key for it: RS256 is none of its algorithms (FAPI 2.0 §5.4.1).
fn id_token_algorithm(
    members: Members<'_>,
    policy: Policy<'_>,
    fapi: bool,
) -> Result<SignatureAlgorithm, Failure> {
    const DEFAULT: SignatureAlgorithm = SignatureAlgorithm::Rs256;
    let possible = [policy.signing, &[DEFAULT]].concat();
    let said = algorithm(members, "id_token_signed_response_alg", &possible)?;
    let mut others = policy.signing.iter().copied();
    let of_fapi = others.find(|algorithm| fapi && *algorithm != DEFAULT);
    Ok(said.or(of_fapi).unwrap_or(DEFAULT))
}

impl OAuthClient {
    /// Refuses members that contradict one another.
    fn check(&self) -> Result<(), Failure> {
        let by_key = self.authentication == AuthenticationMethod::PrivateKeyJwt;
        let no_keys = self.jwks.is_none() && self.jwks_uri.is_none();
        let for_itself = self.may_use(GrantType::ClientCredentials);
        for (contradiction, why) in [
            (
                self.grant_types.is_empty(),
                "grant_types has none that is supported",
            ),
            (
                self.may_use(GrantType::AuthorizationCode) && self.redirect_uris.is_empty(),
                "redirect_uris is missing",
            ),
            (by_key && no_keys, "private_key_jwt needs jwks or jwks_uri"),
            (self.fapi && !by_key, "fapi needs private_key_jwt"),
            (
                for_itself && self.is_public(),
                "a public client cannot use client_credentials",
            ),
        ] {
            if contradiction {
                return Err(refused(why));
            }
        }
        Ok(())
    }
}

fn scope(text: &str) -> Result<Scope, Failure> {
    Scope::parse(text).map_err(|_| refused("scope is malformed"))
}

fn texts(list: Option<Vec<&str>>) -> Vec<String> {
    list.unwrap_or_default()
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::oauth::client::Consent;
    use crate::auth::oauth::failure::ErrorCode;
    use serde_json::{Value, json};

    fn read(source: Source, document: &Value) -> Result<ClientMetadata, Failure> {
        let policy = Policy {
            source,
            local: false,
            signing: &[SignatureAlgorithm::Rs256, SignatureAlgorithm::EdDsa],
        };
        ClientMetadata::read(document.as_object().unwrap(), policy)
    }

    /// The least that a client needs, with one member set.
    fn with(name: &str, value: Value) -> Value {
        let mut document = json!({ "redirect_uris": ["https://app.example/cb"] });
        document[name] = value;
        document
    }

    fn client(source: Source, name: &str, value: Value) -> OAuthClient {
        read(source, &with(name, value)).unwrap().client
    }

    #[test]
    fn the_least_metadata_have_the_defaults_of_the_standards() {
        let least = json!({ "redirect_uris": ["https://app.example/cb"] });
        let [operator, registered, document] =
            [Source::Operator, Source::Registered, Source::Document]
                .map(|source| read(source, &least).unwrap().client);
        assert_eq!(
            operator.authentication,
            AuthenticationMethod::ClientSecretBasic
        );
        assert_eq!(
            registered.authentication,
            AuthenticationMethod::ClientSecretBasic
        );
        assert_eq!(document.authentication, AuthenticationMethod::None);
        assert_eq!(operator.grant_types, [GrantType::AuthorizationCode]);
        assert_eq!(operator.id_token_algorithm, SignatureAlgorithm::Rs256);
        assert!(operator.require_pkce && !operator.open && registered.open && document.open);
        assert_eq!(operator.scope, None);
    }

    #[test]
    fn a_client_of_the_fapi_profile_gets_id_tokens_by_an_algorithm_of_it() {
        let mut document = with("fapi", json!(true));
        document["token_endpoint_auth_method"] = json!("private_key_jwt");
        document["jwks_uri"] = json!("https://app.example/keys");
        let algorithm = |document: &Value| {
            let read = read(Source::Operator, document).unwrap();
            read.client.id_token_algorithm
        };
        assert_eq!(algorithm(&document), SignatureAlgorithm::EdDsa);
        document["id_token_signed_response_alg"] = json!("RS256");
        assert_eq!(algorithm(&document), SignatureAlgorithm::Rs256);
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let everything = json!({
            "redirect_uris": ["https://app.example/cb", "com.example.app:/cb"],
            "post_logout_redirect_uris": ["https://app.example/"],
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES256",
            "jwks": { "keys": [{ "kty": "EC", "crv": "P-256", "x": "x", "y": "y" }] },
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "response_types": ["code"],
            "scope": "openid api",
            "id_token_signed_response_alg": "EdDSA",
            "access_token_signed_response_alg": "RS256",
            "require_pushed_authorization_requests": true,
            "dpop_bound_access_tokens": true,
            "backchannel_logout_uri": "https://app.example/logout",
            "default_max_age": 60,
            "require_auth_time": true,
            "default_acr_values": ["aal2"],
            "application_type": "web",
            "contacts": ["ops@app.example"],
            "consent": "none", "open": true, "require_pkce": false, "fapi": true, "id_token_claims": true,
            "client_name": " App ", "client_uri": "https://app.example/",
        });
        let read = read(Source::Operator, &everything).unwrap();
        assert_eq!(read.display.client_name.as_deref(), Some("App"));
        assert_eq!(
            OAuthClient::stored(Source::Operator, &read.client.to_members()),
            Ok(read.client.clone())
        );
        let mut told = Value::Object(read.to_members());
        for (name, value) in everything.as_object().unwrap() {
            let expected = match name.as_str() {
                "client_name" => json!("App"),
                _ => value.clone(),
            };
            let member = told.as_object_mut().unwrap().remove(name);
            assert_eq!(member.unwrap_or_default(), expected, "{name}");
        }
        assert_eq!(told, json!({}));
    }

    #[test]
    fn only_an_operator_gives_a_client_trust() {
        for source in [Source::Registered, Source::Document] {
            let client = |name, value| client(source, name, value);
            assert_eq!(client("consent", json!("none")).consent, Consent::Ask);
            assert!(client("require_pkce", json!(false)).require_pkce);
            assert!(!client("fapi", json!(true)).fapi);
            let grants = json!(["authorization_code", "client_credentials", "password"]);
            assert_eq!(
                client("grant_types", grants).grant_types,
                [GrantType::AuthorizationCode]
            );
        }
    }

    #[test]
    fn a_document_holds_no_secret_and_is_called_back_nowhere() {
        for method in [
            "client_secret_basic",
            "client_secret_post",
            "tls_client_auth",
        ] {
            let document = with("token_endpoint_auth_method", json!(method));
            assert!(read(Source::Document, &document).is_err(), "{method}");
        }
        let called = json!("https://victim.example/");
        assert_eq!(
            client(Source::Document, "backchannel_logout_uri", called.clone())
                .backchannel_logout_uri,
            None
        );
        let client = client(
            Source::Document,
            "post_logout_redirect_uris",
            json!([called]),
        );
        assert!(client.post_logout_redirect_uris.is_empty());
    }

    #[test]
    fn a_registering_client_may_be_answered_with_another_method() {
        let method = |source| {
            let document = with("token_endpoint_auth_method", json!("client_secret_jwt"));
            read(source, &document).map(|read| read.client.authentication)
        };
        assert_eq!(
            method(Source::Registered),
            Ok(AuthenticationMethod::ClientSecretBasic)
        );
        assert!(method(Source::Operator).is_err());
    }

    #[test]
    fn members_of_another_kind_and_contradictions_are_refused() {
        for (name, value) in [
            ("redirect_uris", json!("https://app.example/cb")),
            ("redirect_uris", json!([null])),
            ("grant_types", json!("authorization_code")),
            ("grant_types", json!(["implicit"])),
            ("response_types", json!(["token"])),
            ("response_types", json!([])),
            ("scope", json!(["openid"])),
            ("scope", json!("a\"b")),
            ("token_endpoint_auth_method", json!("private_key_jwt")),
            ("jwks", json!({ "keys": [{ "kty": "EC", "d": "secret" }] })),
            ("jwks", json!({ "keys": [{ "kty": "oct", "k": "secret" }] })),
            ("jwks", json!({ "keys": ["x"] })),
            ("jwks", json!([])),
            ("jwks_uri", json!("http://app.example/keys")),
            ("jwks_uri", json!("https://localhost/keys")),
            ("backchannel_logout_uri", json!("https://127.0.0.1/")),
            ("backchannel_logout_uri", json!("https://app.example/#x")),
            ("id_token_signed_response_alg", json!("none")),
            ("id_token_signed_response_alg", json!("ES256")),
            ("id_token_signed_response_alg", json!("HS256")),
            ("subject_type", json!("pairwise")),
            ("sector_identifier_uri", json!("https://app.example/sector")),
            ("userinfo_signed_response_alg", json!("RS256")),
            ("default_max_age", json!(-1)),
            ("default_max_age", json!("60")),
            ("require_auth_time", json!("yes")),
            ("client_uri", json!("http://app.example/")),
            ("client_uri", json!("javascript:alert(1)")),
            ("client_name", json!("a\u{202e}b\n")),
        ] {
            let refused = read(Source::Registered, &with(name, value.clone()));
            assert!(refused.is_err(), "{name} {value}");
        }
        assert!(read(Source::Registered, &json!({})).is_err());
        let both = json!({
            "redirect_uris": ["https://app.example/cb"],
            "jwks": { "keys": [] }, "jwks_uri": "https://app.example/keys",
        });
        assert!(read(Source::Registered, &both).is_err());
    }

    #[test]
    fn a_web_app_of_strangers_is_not_on_its_users_device() {
        for (kind, uri, source, good) in [
            (
                json!("web"),
                "http://localhost:1/cb",
                Source::Registered,
                false,
            ),
            (
                json!("web"),
                "com.example.app:/cb",
                Source::Registered,
                false,
            ),
            (
                json!("web"),
                "http://localhost:1/cb",
                Source::Operator,
                true,
            ),
            (
                json!("native"),
                "http://localhost:1/cb",
                Source::Registered,
                true,
            ),
            // Clients of MCP do not say what they are.
            (
                Value::Null,
                "http://localhost:1/cb",
                Source::Registered,
                true,
            ),
            (
                json!("service"),
                "https://app.example/cb",
                Source::Registered,
                false,
            ),
        ] {
            let document = json!({ "application_type": kind, "redirect_uris": [uri] });
            assert_eq!(
                read(source, &document).is_ok(),
                good,
                "{document} {source:?}"
            );
        }
        let fragment = with("redirect_uris", json!(["https://app.example/cb#x"]));
        let refused = read(Source::Registered, &fragment).unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvalidRedirectUri);
    }

    #[test]
    fn a_service_needs_no_redirect_uri_and_keeps_a_secret() {
        let service =
            json!({ "grant_types": ["client_credentials"], "response_types": [], "scope": "api" });
        let client = read(Source::Operator, &service).unwrap().client;
        assert!(!client.may_use(GrantType::AuthorizationCode));
        let public =
            json!({ "grant_types": ["client_credentials"], "token_endpoint_auth_method": "none" });
        assert!(read(Source::Operator, &public).is_err());
    }
}
