//! A provider as a deployment has set it up: its row, filled with the settings' values.

use serde::{Deserialize, Serialize};
use url::Url;

use super::discovery::Discovery;
use super::provider::{CredentialSettings, Proof, Row, SourceSettings, TokenSignIn, UrlSetting};
use super::settings::misconfigured;
use super::{Provider, address};
use crate::auth::secret::Secret;
use crate::error::Error;

const ENDPOINT: &str = "an https URL, or http on loopback";

/// A provider that is configured.
#[derive(Debug, Clone)]
pub struct Descriptor {
    /// Which one.
    pub provider: Provider,
    /// Our client id there.
    pub client_id: String,
    /// What proves us there.
    pub credential: Credential,
    /// Where it sends browsers back to.
    pub callback: Url,
    /// Where it is.
    pub source: Source,
    /// Where it tells to whom an access token was issued, if that is a place of its own.
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
pub enum Source {
    /// They are known.
    Known(Box<Endpoints>),
    /// They are in a discovery document, to be fetched first.
    Discovered(Discovery),
}

/// Where a provider is. The record of a sign-in keeps the ones it was begun with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// Who its identities are of: the `issuer` of `user_identities`.
    pub issuer: String,
    /// Where browsers are sent.
    pub authorize: Url,
    /// Where codes become tokens.
    pub token: Url,
    /// The keys of its id_tokens.
    pub jwks: Option<Url>,
    /// What tells more about the person.
    pub profile: Option<Url>,
    /// Whether a token is active and whose (RFC 7662).
    pub introspection: Option<Url>,
    /// Where a session there is ended.
    pub end_session: Option<Url>,
    /// Whether every return carries `iss` (RFC 9207 §3).
    pub promises_issuer: bool,
    /// Whether our secret goes into the `Authorization` header instead of the body.
    pub secret_in_header: bool,
}

type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Descriptor {
    /// Fills a provider's row; `lookup` gives the settings that are not empty.
    pub(super) fn read(
        provider: Provider,
        lookup: Lookup<'_>,
        public_url: &Url,
    ) -> Result<Self, Error> {
        let row = provider.row();
        let client_id = required(lookup, row.client_id)?;
        Ok(Self {
            provider,
            client_id,
            credential: Credential::read(&row.credential, lookup)?,
            callback: callback(&row.callback, lookup, public_url)?,
            source: Source::read(row, lookup)?,
            token_check: match &row.token_sign_in {
                TokenSignIn::TokenInfo(url) | TokenSignIn::DebugToken(url) => {
                    Some(endpoint(url, lookup)?)
                }
                TokenSignIn::No | TokenSignIn::IdToken | TokenSignIn::Introspection => None,
            },
        })
    }

    /// The provider's row.
    pub const fn row(&self) -> &'static Row {
        self.provider.row()
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

impl Source {
    fn read(row: &Row, lookup: Lookup<'_>) -> Result<Self, Error> {
        match &row.source {
            SourceSettings::Discovered { host, realm } => {
                let host_value = required(lookup, host)?;
                let realm_value = required(lookup, realm)?;
                let host_url =
                    address::endpoint(&host_value).ok_or_else(|| misconfigured(host, ENDPOINT))?;
                Discovery::new(&host_url, &realm_value)
                    .map(Self::Discovered)
                    .ok_or_else(|| misconfigured(realm, "the name of a realm"))
            }
            SourceSettings::Known {
                authorize,
                token,
                jwks,
                profile,
            } => {
                let optional = |setting: &Option<UrlSetting>| {
                    let setting = setting.as_ref();
                    setting.map(|url| endpoint(url, lookup)).transpose()
                };
                let authorize = endpoint(authorize, lookup)?;
                Ok(Self::Known(Box::new(Endpoints {
                    issuer: issuer(row, &authorize),
                    authorize,
                    token: endpoint(token, lookup)?,
                    jwks: optional(jwks)?,
                    profile: optional(profile)?,
                    introspection: None,
                    end_session: None,
                    promises_issuer: false,
                    secret_in_header: false,
                })))
            }
        }
    }
}

fn issuer(row: &Row, authorize: &Url) -> String {
    match row.proof {
        Proof::IdToken([issuer, ..]) => (*issuer).to_owned(),
        Proof::IdToken([]) | Proof::Profile(_) => authorize.origin().ascii_serialization(),
    }
}

fn required(lookup: Lookup<'_>, name: &'static str) -> Result<String, Error> {
    lookup(name).ok_or(Error::NotConfigured(name))
}

fn endpoint(setting: &UrlSetting, lookup: Lookup<'_>) -> Result<Url, Error> {
    let value = lookup(setting.name);
    address::endpoint(value.as_deref().unwrap_or(setting.default))
        .ok_or_else(|| misconfigured(setting.name, ENDPOINT))
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
    address::endpoint(&whole).ok_or_else(|| misconfigured(setting.name, ENDPOINT))
}
