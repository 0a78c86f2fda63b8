//! Settings of the OAuth endpoints.

use super::reader::{SettingsReader, wrong};
use crate::auth::jose::algorithm::SignatureAlgorithm;
use crate::auth::oauth::discovery::paths;
use crate::auth::oauth::resource::OwnAudiences;
use crate::auth::oauth::scope::{PERMISSIONS, PUBLIC, Scope};
use crate::auth::secret::Secret;
use crate::auth::token::TokenKeys;
use crate::auth::transport::{is_loopback, is_secure};
use crate::error::{Error, ErrorKind};

/// The shortest initial access token, in bytes.
const SHORTEST_TOKEN: usize = 32;

/// The OAuth endpoints.
pub struct OAuthSettings {
    /// Why they are off, if they are.
    pub off: Option<OAuthOff>,
    /// `OAUTH_SCOPES`: scopes of resource servers, which every client may ask for.
    pub scopes: Scope,
    /// `REGISTRATION`: whether clients may register themselves.
    pub registration: Registration,
    /// Whether this service runs on loopback, where others on loopback may be called.
    pub local: bool,
    issuer: String,
    userinfo: String,
}

/// Whether clients may register themselves (RFC 7591).
pub enum Registration {
    /// They may not.
    Off,
    /// Anybody may.
    Open,
    /// Who has the initial access token; its digest.
    WithToken(String),
}

/// Why the OAuth endpoints are off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OAuthOff {
    /// No key signs RS256, which every client of OpenID Connect may expect.
    NoRsaKey,
    /// The issuer is not where the endpoints are.
    OtherIssuer,
}

impl OAuthOff {
    /// For the log and the administrators.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NoRsaKey => "JWT_KEYS has no private RSA key (npm run keys makes one)",
            Self::OtherIssuer => "JWT_ISSUER is not PUBLIC_URL, or that is not https",
        }
    }
}

impl OAuthSettings {
    /// Reads the settings.
    pub(super) fn read<F: Fn(&str) -> Option<String>>(
        settings: &SettingsReader<F>,
        public_url: &str,
        issuer: &str,
        keys: &TokenKeys,
    ) -> Result<Self, Error> {
        let signs = keys.algorithms().contains(&SignatureAlgorithm::Rs256);
        let here = issuer == public_url && is_secure(issuer);
        let off = match (signs, here) {
            (false, _) => Some(OAuthOff::NoRsaKey),
            (true, false) => Some(OAuthOff::OtherIssuer),
            (true, true) => None,
        };
        Ok(Self {
            off,
            scopes: scopes(settings)?,
            registration: registration(settings)?,
            local: is_loopback(public_url),
            issuer: issuer.to_owned(),
            userinfo: format!("{issuer}{}", paths::USERINFO),
        })
    }

    /// The settings of endpoints that are there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoSuchPath`] where they are off.
    pub fn on(&self) -> Result<&Self, Error> {
        match self.off {
            None => Ok(self),
            Some(_) => Err(ErrorKind::NoSuchPath.into()),
        }
    }

    /// The issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The address of an endpoint, as the world knows it.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// The audiences that are ours.
    pub fn own_audiences(&self) -> OwnAudiences<'_> {
        OwnAudiences {
            issuer: &self.issuer,
            userinfo: &self.userinfo,
        }
    }
}

fn scopes<F: Fn(&str) -> Option<String>>(settings: &SettingsReader<F>) -> Result<Scope, Error> {
    const NAME: &str = "OAUTH_SCOPES";
    let text = settings.list(NAME).join(" ");
    let scopes = Scope::parse(&text).map_err(|_| wrong(NAME, "must be a list of scopes"))?;
    let always = |scope: &str| PUBLIC.contains(&scope) || scope == PERMISSIONS;
    if scopes.iter().any(always) {
        return Err(wrong(NAME, "must not name a scope that is always there"));
    }
    Ok(scopes)
}

fn registration<F: Fn(&str) -> Option<String>>(
    settings: &SettingsReader<F>,
) -> Result<Registration, Error> {
    const NAME: &str = "REGISTRATION";
    match settings.text(NAME).as_deref() {
        None | Some("off") => Ok(Registration::Off),
        Some("open") => Ok(Registration::Open),
        Some(token)
            if token.len() >= SHORTEST_TOKEN
                && token.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            Ok(Registration::WithToken(Secret::new(token).digest()))
        }
        Some(_) => Err(wrong(
            NAME,
            "must be off, open, or a token of at least 32 characters",
        )),
    }
}
