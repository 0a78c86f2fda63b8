//! What the tests of this folder share: settings, keys, a provider that signs, a WebCrypto.

use p256::ecdsa::SigningKey;
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use serde_json::{Value, json};

use crate::auth::data_key::DataKeys;
use crate::auth::federation::failure::ProviderFailure;
use crate::auth::federation::flow::authorization::{
    AuthorizationRequest, AuthorizationSecrets, authorization_request,
};
use crate::auth::federation::flow::start::Start;
use crate::auth::federation::http::call::{ProviderRequest, ProviderResponse};
use crate::auth::federation::identity::names::{Names, VerifiedEmail};
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::federation::identity::userinfo::{ProfileRequest, UserInfo};
use crate::auth::federation::provider::config::{EndpointSource, ProviderConfig};
use crate::auth::federation::provider::endpoints::Endpoints;
use crate::auth::federation::provider::prompt;
use crate::auth::federation::provider::providers::APPLE_PRIVATE_KEY;
use crate::auth::federation::provider::spec::Provider;
use crate::auth::federation::provider::spec::{
    CredentialSettings, EndpointSettings, IdentitySource, ProfileFields, ProviderSpec, Quirk,
    TokenSignIn, UrlSetting,
};
use crate::auth::federation::settings::Settings;
use crate::auth::id::ClientNumber;
pub use crate::auth::jose::example::{Signer256, webcrypto};
use crate::auth::secret::Secret;
use crate::auth::text;
use crate::auth::time::Timestamp;
use crate::error::Error;

/// 2026-07-31T12:00:00Z.
pub const NOW: Timestamp = Timestamp::from_millis(1_785_499_200_000);
/// The same in seconds.
pub const NOW_SECONDS: i64 = NOW.seconds();

/// The whole of what a sixth provider takes: OpenID Connect, with names of its own.
pub const SIXTH: ProviderSpec = ProviderSpec {
    name: "sixth",
    label: "Sixth",
    client_id: "SIXTH_CLIENT_ID",
    app_client_ids: None,
    credential: CredentialSettings::Secret("SIXTH_CLIENT_SECRET"),
    callback: UrlSetting {
        name: "SIXTH_CALLBACK_URL",
        default: "/auth/sixth-auth-redirect",
    },
    source: EndpointSettings::Known {
        authorize: UrlSetting {
            name: "SIXTH_URL",
            default: "https://sixth.example/authorize?tenant=all",
        },
        token: UrlSetting {
            name: "SIXTH_TOKEN_URL",
            default: "https://sixth.example/token",
        },
        jwks: Some(UrlSetting {
            name: "SIXTH_JWKS_URL",
            default: "https://sixth.example/keys",
        }),
        profile: None,
        revocation: None,
    },
    scope: "openid who",
    authorize_extra: &[("prompt", "select_account")],
    prompt: prompt::OPENID,
    pkce: true,
    proof: IdentitySource::IdToken(&["https://sixth.example"]),
    fields: ProfileFields {
        subject: "sub",
        first_name: "called",
        middle_name: "also_called",
        last_name: "clan",
        name: "whole_name",
    },
    token_sign_in: TokenSignIn::IdToken,
    quirks: &[Quirk::VerifiedAsText],
};

/// Settings for all providers, but for Apple's key.
const ALL: &[(&str, &str)] = &[
    ("GOOGLE_AUTH_CLIENT_ID", "google-client"),
    ("GOOGLE_AUTH_CLIENT_SECRET", "google secret"),
    ("FACEBOOK_AUTH_CLIENT_ID", "138483919580948"),
    ("FACEBOOK_AUTH_CLIENT_SECRET", "facebook-secret"),
    ("INSTAGRAM_AUTH_CLIENT_ID", "990602627938098"),
    ("INSTAGRAM_AUTH_CLIENT_SECRET", "instagram-secret"),
    ("APPLE_AUTH_CLIENT_ID", "com.example.web"),
    ("APPLE_AUTH_TEAM_ID", "TEAM123456"),
    ("APPLE_AUTH_KEY_ID", "KEY7890123"),
    ("KEYCLOAK_HOST", "https://kc.example"),
    ("KEYCLOAK_REALM", "demo"),
    ("KEYCLOAK_CLIENT_ID", "keycloak-client"),
    ("KEYCLOAK_CLIENT_SECRET", "keycloak-secret"),
    ("SIXTH_CLIENT_ID", "sixth-client"),
    ("SIXTH_CLIENT_SECRET", "sixth-secret"),
];

pub fn settings_of(pairs: &[(&str, &str)], public_url: &str) -> Result<Settings, Error> {
    let lookup = |name: &str| {
        let mut pairs = pairs.iter().rev();
        let found = pairs.find(|(other, _)| *other == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Settings::read(&lookup, &text::url(public_url).unwrap())
}

/// Settings for all providers, and what comes on top.
pub fn settings_with(more: &[(&str, &str)]) -> Result<Settings, Error> {
    let pem = apple_pem();
    let all = [ALL, &[(APPLE_PRIVATE_KEY, &pem)], more].concat();
    settings_of(&all, "https://login.example")
}

pub fn settings() -> Settings {
    settings_with(&[]).unwrap()
}

/// Apple's key, as Apple hands it out.
pub fn apple_pem() -> String {
    let pem = apple_key().to_pkcs8_pem(LineEnding::LF).unwrap();
    pem.to_string()
}

pub fn apple_key() -> SigningKey {
    SigningKey::from_slice(&[9; 32]).unwrap()
}

pub fn config(provider: Provider) -> ProviderConfig {
    settings().provider(provider).unwrap().clone()
}

/// The endpoints of a provider, discovered if need be.
pub fn endpoints(config: &ProviderConfig) -> Endpoints {
    match &config.source {
        EndpointSource::Known(endpoints) => (**endpoints).clone(),
        EndpointSource::Discovered(discovery) => {
            let body = keycloak_metadata("https://kc.example/realms/demo").to_string();
            discovery.candidates[0].read(&good(&body)).unwrap()
        }
    }
}

/// The part of Keycloak's document that matters, as version 26 writes it.
pub fn keycloak_metadata(issuer: &str) -> Value {
    let at = |path: &str| format!("{issuer}/protocol/openid-connect/{path}");
    json!({
        "issuer": issuer,
        "authorization_endpoint": at("auth"),
        "token_endpoint": at("token"),
        "introspection_endpoint": at("token/introspect"),
        "userinfo_endpoint": at("userinfo"),
        "end_session_endpoint": at("logout"),
        "jwks_uri": at("certs"),
        "prompt_values_supported": ["none", "login", "consent"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256"],
        "token_endpoint_auth_methods_supported":
            ["private_key_jwt", "client_secret_basic", "client_secret_post"],
        "authorization_response_iss_parameter_supported": true,
    })
}

pub fn data_keys() -> DataKeys {
    DataKeys::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
        .unwrap_or_else(|why| panic!("{why}"))
}

pub fn start() -> Start {
    Start {
        client: Some(ClientNumber::new(7)),
        state: Some("their state".to_owned()),
        challenge: None,
        prompt: None,
        page: None,
    }
}

/// Secrets that a test can spell: `ssss…`, `nnnn…`, `vvvv…`, `bbbb…`.
pub fn fresh() -> AuthorizationSecrets {
    let secret = |letter: &str| Secret::new(letter.repeat(43));
    AuthorizationSecrets {
        state: secret("s"),
        nonce: secret("n"),
        verifier: secret("v"),
        browser: secret("b"),
    }
}

pub fn begun(provider: Provider) -> AuthorizationRequest {
    let config = config(provider);
    let endpoints = endpoints(&config);
    authorization_request(&config, endpoints, start(), fresh(), &data_keys()).unwrap()
}

pub fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

pub fn good(body: &str) -> ProviderResponse<'_> {
    ProviderResponse {
        status: 200,
        body: body.as_bytes(),
    }
}

/// What the edge does with an answer about a person that is not signed.
pub fn answered(request: ProfileRequest, body: &str) -> Result<ExternalProfile, ProviderFailure> {
    match request.open(&good(body))? {
        UserInfo::Plain(answer) => request.read(answer),
        UserInfo::Signed(token, _) => panic!("{token:?}"),
    }
}

/// The parameters of a call's form, or of its query if it has no form.
pub fn sent(call: &ProviderRequest) -> Vec<(String, String)> {
    let text = call.form.as_deref().or(call.url.query());
    url::form_urlencoded::parse(text.unwrap_or_default().as_bytes())
        .into_owned()
        .collect()
}

pub fn header<'a>(call: &'a ProviderRequest, name: &str) -> Option<&'a str> {
    let mut headers = call.headers.iter();
    let found = headers.find(|(other, _)| *other == name);
    found.map(|(_, value)| value.as_str())
}

pub fn email(text: &str) -> Option<VerifiedEmail> {
    let claims = json!({ "email": text, "email_verified": true });
    VerifiedEmail::of_claims(Provider::Google.spec(), claims.as_object().unwrap())
}

pub fn profile(provider: Provider, subject: &str, address: Option<&str>) -> ExternalProfile {
    ExternalProfile {
        provider,
        issuer: "https://issuer.example".to_owned(),
        subject: subject.to_owned(),
        email: address.map(|address| email(address).unwrap()),
        names: Names::default(),
        session: None,
        revocable: None,
    }
}
