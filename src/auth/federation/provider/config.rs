//! A provider as a deployment has set it up: its row, filled with the settings' values.

use url::Url;

use crate::auth::federation::http::address;
use crate::auth::federation::http::call::ProviderRequest;
use crate::auth::federation::provider::apple;
use crate::auth::federation::provider::discovery::Discovery;
use crate::auth::federation::provider::endpoints::{ENDPOINT, Endpoints};
use crate::auth::federation::provider::spec::Provider;
use crate::auth::federation::provider::spec::{
    CredentialSettings, EndpointSettings, IdentitySource, ProviderSpec, TokenSignIn, UrlSetting,
};
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;
use crate::error::{Error, ErrorKind};

/// A provider that is configured.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// Which one.
    pub provider: Provider,
    /// Our client id there.
    pub client_id: String,
    /// Client ids of apps whose own tokens are accepted when an app brings them.
    pub app_client_ids: Vec<String>,
    /// What proves us there.
    pub credential: Credential,
    /// Where it sends browsers back to.
    pub callback: Url,
    /// Where it is.
    pub source: EndpointSource,
    /// Where it tells the client of an access token, if that is an endpoint of its own.
    pub token_check: Option<Url>,
}

/// What proves us to a provider.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A shared secret.
    Secret(Secret),
    /// A key that signs a short-lived secret.
    AppleKey {
        /// The team's id: the issuer of the secret.
        team_id: String,
        /// The key's id.
        key_id: String,
        /// PKCS#8 PEM; `\n` may stand for a line end.
        private_key: Secret,
    },
}

/// Where a provider's endpoints come from.
#[derive(Debug, Clone)]
pub enum EndpointSource {
    /// They are known.
    Known(Box<Endpoints>),
    /// They are in a discovery document, to be fetched first.
    Discovered(Discovery),
}

type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

impl ProviderConfig {
    /// Fills a provider's row; `lookup` gives the settings that are not empty.
    pub(in crate::auth::federation) fn read(
        provider: Provider,
        lookup: Lookup<'_>,
        public_url: &Url,
    ) -> Result<Self, Error> {
        let spec = provider.spec();
        let client_id = required(lookup, spec.client_id)?;
        Ok(Self {
            provider,
            client_id,
            app_client_ids: spec
                .app_client_ids
                .map_or_else(|| Ok(Vec::new()), |name| list(lookup, name))?,
            credential: Credential::read(&spec.credential, lookup)?,
            callback: callback(&spec.callback, lookup, public_url)?,
            source: EndpointSource::read(spec, lookup)?,
            token_check: match &spec.token_sign_in {
                TokenSignIn::TokenInfo(url) | TokenSignIn::DebugToken(url) => {
                    Some(endpoint(url, lookup)?)
                }
                TokenSignIn::No | TokenSignIn::IdToken | TokenSignIn::Introspection => None,
            },
        })
    }

    /// The provider's row.
    pub const fn spec(&self) -> &'static ProviderSpec {
        self.provider.spec()
    }

    /// A form, sent by us as the client that we are to this provider.
    pub(in crate::auth::federation) fn authenticated_call(
        &self,
        endpoints: &Endpoints,
        url: &Url,
        parameters: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<ProviderRequest, Error> {
        let client_id = &self.client_id;
        let secret = match &self.credential {
            Credential::Secret(secret) => secret.clone(),
            Credential::AppleKey {
                team_id,
                key_id,
                private_key,
            } => apple::client_secret(team_id, key_id, private_key, client_id, now)?,
        };
        let in_header = endpoints.secret_in_header;
        Ok(ProviderRequest::of_client(
            url,
            parameters,
            (client_id, &secret),
            in_header,
        ))
    }
}

impl Credential {
    fn read(settings: &CredentialSettings, lookup: Lookup<'_>) -> Result<Self, Error> {
        Ok(match *settings {
            CredentialSettings::Secret(name) => Self::Secret(Secret::new(required(lookup, name)?)),
            CredentialSettings::AppleKey {
                team_id,
                key_id,
                private_key,
            } => Self::AppleKey {
                team_id: required(lookup, team_id)?,
                key_id: required(lookup, key_id)?,
                private_key: Secret::new(required(lookup, private_key)?),
            },
        })
    }
}

impl EndpointSource {
    fn read(spec: &ProviderSpec, lookup: Lookup<'_>) -> Result<Self, Error> {
        match &spec.source {
            EndpointSettings::Discovered { host, realm } => {
                let host_value = required(lookup, host)?;
                let realm_value = required(lookup, realm)?;
                let host_url = address::endpoint(&host_value)
                    .ok_or_else(|| Error::malformed_setting(host, ENDPOINT))?;
                // Found out here, because every realm under it would be "not found" there.
                let mut segments = host_url.path_segments().into_iter().flatten();
                if segments.any(|segment| segment == "realms") {
                    return Err(Error::malformed_setting(host, "the address before /realms"));
                }
                Discovery::new(&host_url, &realm_value, [host, realm])
                    .map(Self::Discovered)
                    .ok_or_else(|| Error::malformed_setting(realm, "the name of a realm"))
            }
            EndpointSettings::Known {
                authorize,
                token,
                jwks,
                profile,
                revocation,
            } => {
                let of = |setting: &UrlSetting| endpoint(setting, lookup);
                let optional = |setting: &Option<_>| setting.as_ref().map(of).transpose();
                let authorize = of(authorize)?;
                Ok(Self::Known(Box::new(Endpoints {
                    issuer: issuer(spec, &authorize),
                    authorize,
                    token: of(token)?,
                    jwks: optional(jwks)?,
                    profile: optional(profile)?,
                    introspection: None,
                    end_session: None,
                    revocation: optional(revocation)?,
                    promises_issuer: false,
                    secret_in_header: false,
                    lacks_account_choice: false,
                })))
            }
        }
    }
}

fn issuer(spec: &ProviderSpec, authorize: &Url) -> String {
    match spec.proof {
        IdentitySource::IdToken([issuer, ..]) => (*issuer).to_owned(),
        IdentitySource::IdToken([]) | IdentitySource::Profile(_) => {
            authorize.origin().ascii_serialization()
        }
    }
}

/// A comma-separated list of client ids; empty unless set. There are no patterns, and no provider issues
/// an id with a space in it, so such an entry could never match.
fn list(lookup: Lookup<'_>, name: &str) -> Result<Vec<String>, Error> {
    let value = lookup(name).unwrap_or_default();
    let entries = value.split(',').map(str::trim);
    let ids: Vec<_> = entries
        .filter(|entry| !entry.is_empty())
        .map(str::to_owned)
        .collect();
    let matches_nothing = |id: &String| id.contains('*') || id.contains(char::is_whitespace);
    if ids.iter().any(matches_nothing) {
        return Err(Error::malformed_setting(
            name,
            "client ids, separated by commas, without * or spaces",
        ));
    }
    Ok(ids)
}

fn required(lookup: Lookup<'_>, name: &'static str) -> Result<String, Error> {
    lookup(name).ok_or_else(|| ErrorKind::NotConfigured(name).into())
}

fn endpoint(setting: &UrlSetting, lookup: Lookup<'_>) -> Result<Url, Error> {
    let value = lookup(setting.name);
    address::endpoint(value.as_deref().unwrap_or(setting.default))
        .ok_or_else(|| Error::malformed_setting(setting.name, ENDPOINT))
}

/// A path, the default one included, is one under `PUBLIC_URL`.
fn callback(setting: &UrlSetting, lookup: Lookup<'_>, public_url: &Url) -> Result<Url, Error> {
    let value = lookup(setting.name);
    let value = value.as_deref().unwrap_or(setting.default);
    let whole = if value.starts_with('/') {
        format!("{}{value}", public_url.as_str().trim_end_matches('/'))
    } else {
        value.to_owned()
    };
    address::endpoint(&whole).ok_or_else(|| Error::malformed_setting(setting.name, ENDPOINT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::{config, endpoints, settings_of, settings_with};

    const ROUTES: [(Provider, &str); 5] = [
        (Provider::Google, "/auth/google-auth-redirect"),
        (Provider::Facebook, "/auth/facebook-auth-redirect"),
        (Provider::Instagram, "/auth/instagram-auth-redirect"),
        (Provider::Apple, "/auth/apple-oauth-redirect"),
        (Provider::Keycloak, "/auth/keycloak-auth-redirect"),
    ];

    #[test]
    fn the_return_routes_are_the_documented_ones() {
        for (provider, route) in ROUTES {
            let callback = config(provider).callback;
            assert_eq!(callback.as_str(), format!("https://login.example{route}"));
        }
    }

    #[test]
    fn a_callback_is_a_path_under_the_public_url_or_a_url() {
        let callback = |value, public_url| {
            let pairs = [
                ("GOOGLE_AUTH_CLIENT_ID", "x"),
                ("GOOGLE_AUTH_CLIENT_SECRET", "x"),
                ("GOOGLE_AUTH_CALLBACK_URL", value),
            ];
            let settings = settings_of(&pairs, public_url)?;
            let google = settings.provider(Provider::Google)?;
            Ok::<_, Error>(google.callback.to_string())
        };
        assert_eq!(
            callback("/cb?x=1", "https://a.example/base/"),
            Ok("https://a.example/base/cb?x=1".to_owned())
        );
        assert_eq!(
            callback("https://other.example/cb", "https://a.example"),
            Ok("https://other.example/cb".to_owned())
        );
        assert!(callback("", "http://127.0.0.1:8787").is_ok());
        for value in ["http://a.example/cb", "cb", "https://a.example/#x"] {
            assert!(
                matches!(callback(value, "https://a.example").unwrap_err().kind(),
                    ErrorKind::Misconfigured(what) if what.starts_with("GOOGLE_AUTH_CALLBACK_URL")),
                "{value}"
            );
        }
    }

    #[test]
    fn the_real_urls_are_the_defaults() {
        let known = |provider| endpoints(&config(provider));
        let text = |url: Option<Url>| url.map(String::from);
        let google = known(Provider::Google);
        assert_eq!(google.token.as_str(), "https://oauth2.googleapis.com/token");
        assert_eq!(
            text(google.jwks).as_deref(),
            Some("https://www.googleapis.com/oauth2/v3/certs")
        );
        assert_eq!(
            text(google.profile).as_deref(),
            Some("https://openidconnect.googleapis.com/v1/userinfo")
        );
        assert_eq!(
            text(config(Provider::Google).token_check).as_deref(),
            Some("https://oauth2.googleapis.com/tokeninfo")
        );
        let apple = known(Provider::Apple);
        assert_eq!(apple.token.as_str(), "https://appleid.apple.com/auth/token");
        assert_eq!(
            text(apple.jwks).as_deref(),
            Some("https://appleid.apple.com/auth/keys")
        );
        assert_eq!(text(apple.profile), None);
        assert_eq!(
            text(known(Provider::Facebook).profile).as_deref(),
            Some("https://graph.facebook.com/v25.0/me")
        );
        assert_eq!(
            text(known(Provider::Instagram).profile).as_deref(),
            Some("https://graph.instagram.com/me")
        );
    }

    #[test]
    fn every_url_has_its_setting() {
        for name in [
            "GOOGLE_AUTH_URL",
            "GOOGLE_AUTH_TOKEN_URL",
            "GOOGLE_AUTH_CALLBACK_URL",
            "GOOGLE_AUTH_PROFILE_URL",
            "GOOGLE_AUTH_JWKS_URL",
            "GOOGLE_AUTH_TOKENINFO_URL",
            "FACEBOOK_AUTH_URL",
            "FACEBOOK_AUTH_TOKEN_URL",
            "FACEBOOK_AUTH_CALLBACK_URL",
            "FACEBOOK_AUTH_PROFILE_URL",
            "FACEBOOK_AUTH_DEBUG_TOKEN_URL",
            "INSTAGRAM_AUTH_URL",
            "INSTAGRAM_AUTH_TOKEN_URL",
            "INSTAGRAM_AUTH_CALLBACK_URL",
            "INSTAGRAM_AUTH_PROFILE_URL",
            "APPLE_AUTH_URL",
            "APPLE_AUTH_TOKEN_URL",
            "APPLE_AUTH_CALLBACK_URL",
            "APPLE_AUTH_JWKS_URL",
            "KEYCLOAK_HOST",
            "KEYCLOAK_CALLBACK_URL",
        ] {
            assert!(
                settings_with(&[(name, "http://127.0.0.1:9000/x")]).is_ok(),
                "{name}"
            );
            for value in ["http://idp.example/x", "not a url", "javascript:alert(1)"] {
                match settings_with(&[(name, value)])
                    .as_ref()
                    .map_err(Error::kind)
                {
                    Err(ErrorKind::Misconfigured(what)) => {
                        assert!(what.starts_with(name), "{what}");
                    }
                    other => panic!("{name}: {other:?}"),
                }
            }
        }
    }

    #[test]
    fn a_url_that_is_set_is_where_the_calls_go() {
        const THERE: &str = "http://127.0.0.1:9000/x";
        let moved = |name: &str, provider| {
            let settings = settings_with(&[(name, THERE)]).unwrap();
            settings.provider(provider).unwrap().clone()
        };
        for (prefix, provider) in [
            ("GOOGLE", Provider::Google),
            ("FACEBOOK", Provider::Facebook),
            ("INSTAGRAM", Provider::Instagram),
            ("APPLE", Provider::Apple),
        ] {
            let at = |kind: &str| moved(&format!("{prefix}_AUTH_{kind}URL"), provider);
            let here = endpoints(&config(provider));
            assert_eq!(endpoints(&at("")).authorize.as_str(), THERE);
            assert_eq!(endpoints(&at("TOKEN_")).token.as_str(), THERE);
            assert_eq!(at("CALLBACK_").callback.as_str(), THERE);
            if here.jwks.is_some() {
                assert_eq!(endpoints(&at("JWKS_")).jwks.unwrap().as_str(), THERE);
            }
            if here.profile.is_some() {
                assert_eq!(endpoints(&at("PROFILE_")).profile.unwrap().as_str(), THERE);
            }
        }
        for (name, provider) in [
            ("GOOGLE_AUTH_TOKENINFO_URL", Provider::Google),
            ("FACEBOOK_AUTH_DEBUG_TOKEN_URL", Provider::Facebook),
        ] {
            assert_eq!(moved(name, provider).token_check.unwrap().as_str(), THERE);
        }
        let keycloak = moved("KEYCLOAK_CALLBACK_URL", Provider::Keycloak);
        assert_eq!(keycloak.callback.as_str(), THERE);
    }

    #[test]
    fn what_a_provider_lacks_is_named() {
        for name in [
            "GOOGLE_AUTH_CLIENT_ID",
            "GOOGLE_AUTH_CLIENT_SECRET",
            "FACEBOOK_AUTH_CLIENT_ID",
            "FACEBOOK_AUTH_CLIENT_SECRET",
            "INSTAGRAM_AUTH_CLIENT_ID",
            "INSTAGRAM_AUTH_CLIENT_SECRET",
            "APPLE_AUTH_CLIENT_ID",
            "APPLE_AUTH_TEAM_ID",
            "APPLE_AUTH_KEY_ID",
            "APPLE_AUTH_PRIVATE_KEY",
            "KEYCLOAK_HOST",
            "KEYCLOAK_REALM",
            "KEYCLOAK_CLIENT_ID",
            "KEYCLOAK_CLIENT_SECRET",
        ] {
            let settings = settings_with(&[(name, " ")]).unwrap();
            let lacking: Vec<Error> = Provider::ALL
                .iter()
                .filter_map(|provider| settings.provider(*provider).err())
                .collect();
            assert_eq!(lacking, [ErrorKind::NotConfigured(name)]);
        }
        assert!(matches!(
            settings_with(&[("KEYCLOAK_REALM", "..")]).unwrap_err().kind(),
            ErrorKind::Misconfigured(what) if what.starts_with("KEYCLOAK_REALM")
        ));
    }

    #[test]
    fn a_host_that_has_the_realm_in_it_is_named() {
        for host in [
            "https://kc.example/realms/demo",
            "https://kc.example/realms",
            "https://kc.example/auth/realms/demo/",
        ] {
            let read = settings_with(&[("KEYCLOAK_HOST", host)]).map(drop);
            let expected = "KEYCLOAK_HOST must be the address before /realms".to_owned();
            assert_eq!(
                read,
                Err(ErrorKind::Misconfigured(expected).into()),
                "{host}"
            );
        }
        assert!(settings_with(&[("KEYCLOAK_HOST", "https://kc.example/sso")]).is_ok());
    }

    #[test]
    fn a_row_pointed_elsewhere_has_other_identities() {
        let issuer = |settings: &crate::auth::federation::Settings| {
            endpoints(settings.provider(Provider::Instagram).unwrap()).issuer
        };
        assert_eq!(
            issuer(&settings_with(&[]).unwrap()),
            "https://www.instagram.com"
        );
        let elsewhere = settings_with(&[("INSTAGRAM_AUTH_URL", "https://idp.example:8443/a/b")]);
        assert_eq!(issuer(&elsewhere.unwrap()), "https://idp.example:8443");
    }

    #[test]
    fn secrets_are_not_printed() {
        let printed = format!("{:?}", settings_with(&[]).unwrap());
        for secret in ["google secret", "facebook-secret", "PRIVATE KEY"] {
            assert!(!printed.contains(secret), "{secret}");
        }
    }
}
