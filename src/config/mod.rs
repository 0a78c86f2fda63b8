//! Every setting: what it is for, what it defaults to, and what is wrong with it.
//!
//! Read once from any name → value lookup; the worker hands in its environment, tests a map.
//! A setting that is missing or malformed stops everything, under its name and never with its value.

mod addresses;
mod branding;
mod compatibility;
mod events;
mod messages;
mod passkeys;
mod reader;

use crate::auth::attempts::Limits;
use crate::auth::branding::Branding;
use crate::auth::data_key::DataKeys;
use crate::auth::federation;
use crate::auth::id::ClientId;
use crate::auth::password::Algorithm;
use crate::auth::secret::Secret;
use crate::auth::text;
use crate::auth::time::Seconds;
use crate::auth::token::TokenKeys;
use crate::auth::transport::is_loopback;
use crate::auth::webauthn::RelyingParty;
use crate::error::Error;
use crate::wire::cookies::SameSite;
pub use compatibility::CompatFlags;
pub use events::EventsWebhook;
pub use messages::{Delivery, Messages};
use reader::{SettingsReader, wrong};

/// The deployment's settings.
pub struct Config {
    /// `PUBLIC_URL`: where users reach the worker; no trailing slash.
    pub public_url: String,
    /// `JWT_ISSUER`: `iss` of our tokens; the public URL unless set.
    pub issuer: String,
    /// `JWT_KEYS` or `JWT_SECRET`: what access tokens are signed with.
    pub token_keys: TokenKeys,
    /// `DATA_KEY`: what we authenticate or encrypt for ourselves.
    pub data_keys: DataKeys,
    /// `PASSWORD_HASH`: how new passwords are stored.
    pub password_hash: Algorithm,
    /// `PASSWORD_MIN_LENGTH`: characters a new password needs.
    pub password_min_length: usize,
    /// `REFRESH_RETRY_WINDOW`: how long a lost refresh may be repeated.
    pub refresh_retry_window: Seconds,
    /// `SESSION_MAX_AGE`: the absolute end of a session.
    pub session_max_age: Seconds,
    /// `ALLOWED_ORIGINS`: browser origins with a grant besides those of redirect URLs.
    pub allowed_origins: Vec<String>,
    /// `LOCALE`: for users and tenants that have none.
    pub locale: String,
    /// `SERVER_TIMING`: whether answers say what storage they waited for.
    pub server_timing: bool,
    /// `SIGN_IN_ATTEMPTS`, `SIGN_IN_WINDOW`, `ACCOUNT_ATTEMPTS`: how often a sign-in may fail.
    pub attempts: Limits,
    /// `RATE_LIMITS`: whether floods are stopped by the platform's counters (`off` on loopback only).
    pub rate_limits: bool,
    /// `AUDIT_RETENTION_DAYS`.
    pub audit_retention: Seconds,
    /// How people are written to, and what the links in it are.
    pub messages: Messages,
    /// Where events go, if anywhere.
    pub events: Option<EventsWebhook>,
    /// Tenant, role and clients of new users; without it, signing up is closed.
    pub sign_up: Option<SignUpDefaults>,
    /// `OTP_CLIENT_IDS`: clients that may post one-time passwords with HTTP Basic.
    pub otp_client_ids: Vec<ClientId>,
    /// `SERVICESTACK_CLIENT_ID`: the client that ServiceStack's callers sign in to; without it none can.
    pub servicestack_client_id: Option<ClientId>,
    /// `TOKEN_COOKIES_SAME_SITE`: whether ServiceStack's cookies go with requests from other sites.
    pub token_cookies_same_site: SameSite,
    /// `BRAND_NAME`, `BRAND_URL`, `BRAND_LOGO`, `BRAND_ACCENT`, `TERMS_URL`, `PRIVACY_URL`: how the pages look.
    pub branding: Branding,
    /// `NEW_DEVICE_NOTICE`: whether the owner hears of a sign-in from a new device.
    pub new_device_notice: bool,
    /// `EMAIL_CODES`: whether a code by mail may take the place of the password.
    pub email_codes: bool,
    /// `PASSKEY_RP_ID`, `PASSKEY_ORIGINS`: who passkeys are for; nothing where users reach the worker at
    /// an IP address, of which no passkey can be.
    pub relying_party: Option<RelyingParty>,
    /// Federated sign-in: the providers, and which identities may sign up or be linked.
    pub social: federation::Settings,
    /// `COMPATIBILITY`: behaviours of the original services that are off unless named.
    pub compatibility: CompatFlags,
}

/// What a new user gets at signing up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignUpDefaults {
    /// `SIGN_UP_TENANT`: id of the tenant.
    pub tenant_id: String,
    /// `SIGN_UP_ROLE`: id of the role.
    pub role_id: String,
    /// `SIGN_UP_CLIENT_IDS`: public names of the clients; ones that do not exist are skipped.
    pub client_ids: Vec<ClientId>,
}

impl Config {
    /// Reads every setting. An empty value counts as unset.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let settings = SettingsReader::new(lookup);
        let compatibility = settings.compatibility()?;
        let public_url = settings.public_url()?;
        Ok(Self {
            issuer: settings
                .text("JWT_ISSUER")
                .unwrap_or_else(|| public_url.clone()),
            token_keys: settings.token_keys(compatibility)?,
            data_keys: settings.data_keys()?,
            password_hash: settings.password_hash()?,
            password_min_length: settings.whole("PASSWORD_MIN_LENGTH", 8, 1..=256)?,
            refresh_retry_window: settings.seconds("REFRESH_RETRY_WINDOW", 10, 0..=300)?,
            session_max_age: settings.seconds("SESSION_MAX_AGE", 2_592_000, 60..=31_536_000)?,
            allowed_origins: settings.allowed_origins(&public_url)?,
            locale: settings.text("LOCALE").unwrap_or_else(|| "en".to_owned()),
            server_timing: settings.switch("SERVER_TIMING")?,
            attempts: Limits {
                per_source: settings.whole("SIGN_IN_ATTEMPTS", 10, 1..=10_000)?,
                window: settings.seconds("SIGN_IN_WINDOW", 900, 1..=86_400)?,
                per_account: settings.whole("ACCOUNT_ATTEMPTS", 100, 1..=100_000)?,
            },
            rate_limits: settings.rate_limits(&public_url)?,
            audit_retention: Seconds::DAY.times(settings.whole(
                "AUDIT_RETENTION_DAYS",
                90,
                1..=3650,
            )?),
            messages: Messages::read(&settings, &public_url)?,
            events: EventsWebhook::read(&settings, &public_url)?,
            social: settings.social(&public_url)?,
            sign_up: settings.sign_up()?,
            otp_client_ids: settings.client_ids("OTP_CLIENT_IDS"),
            servicestack_client_id: settings.text("SERVICESTACK_CLIENT_ID").map(ClientId::new),
            token_cookies_same_site: settings.same_site()?,
            branding: settings.branding()?,
            new_device_notice: settings.switch_or("NEW_DEVICE_NOTICE", true)?,
            email_codes: settings.switch("EMAIL_CODES")?,
            relying_party: settings.relying_party(&public_url)?,
            compatibility,
            public_url,
        })
    }
}

impl Config {
    /// What authenticators and apps call the service: the domain of its passkeys, or its address.
    pub fn service_name(&self) -> &str {
        let relying_party = self.relying_party.as_ref();
        relying_party.map_or(self.public_url.as_str(), RelyingParty::id)
    }

    /// Whether users reach the worker over https.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https:")
    }
}

impl<F: Fn(&str) -> Option<String>> SettingsReader<F> {
    fn token_keys(&self, compatibility: CompatFlags) -> Result<TokenKeys, Error> {
        match (self.text("JWT_KEYS"), self.text("JWT_SECRET")) {
            (Some(_), Some(_)) => Err(wrong("JWT_KEYS", "and JWT_SECRET must not both be set")),
            (Some(set), None) => {
                TokenKeys::from_jwk_set(&set).map_err(|what| wrong("JWT_KEYS", what))
            }
            (None, Some(secret)) => {
                TokenKeys::from_shared_secret(&Secret::new(secret), compatibility.short_jwt_secret)
                    .map_err(|what| wrong("JWT_SECRET", what))
            }
            (None, None) => Err(wrong("JWT_KEYS", "is missing (or JWT_SECRET in its place)")),
        }
    }

    fn data_keys(&self) -> Result<DataKeys, Error> {
        let list = self
            .text("DATA_KEY")
            .ok_or_else(|| wrong("DATA_KEY", "is missing"))?;
        DataKeys::parse(&list).map_err(|what| wrong("DATA_KEY", what))
    }

    fn password_hash(&self) -> Result<Algorithm, Error> {
        let name = self
            .text("PASSWORD_HASH")
            .unwrap_or_else(|| "pbkdf2-sha512".to_owned());
        Algorithm::parse(&name)
            .ok_or_else(|| wrong("PASSWORD_HASH", "must be pbkdf2-sha512 or argon2id"))
    }

    fn rate_limits(&self, public_url: &str) -> Result<bool, Error> {
        match self.text("RATE_LIMITS").as_deref() {
            None | Some("on") => Ok(true),
            Some("off") if is_loopback(public_url) => Ok(false),
            Some("off") => Err(wrong(
                "RATE_LIMITS",
                "must be on unless PUBLIC_URL is loopback",
            )),
            Some(_) => Err(wrong("RATE_LIMITS", "must be on or off")),
        }
    }

    fn sign_up(&self) -> Result<Option<SignUpDefaults>, Error> {
        match (self.text("SIGN_UP_TENANT"), self.text("SIGN_UP_ROLE")) {
            (None, None) => Ok(None),
            (Some(tenant_id), Some(role_id)) => Ok(Some(SignUpDefaults {
                tenant_id,
                role_id,
                client_ids: self.client_ids("SIGN_UP_CLIENT_IDS"),
            })),
            (Some(_), None) => Err(wrong("SIGN_UP_ROLE", "is missing beside SIGN_UP_TENANT")),
            (None, Some(_)) => Err(wrong("SIGN_UP_TENANT", "is missing beside SIGN_UP_ROLE")),
        }
    }

    fn same_site(&self) -> Result<SameSite, Error> {
        const NAME: &str = "TOKEN_COOKIES_SAME_SITE";
        match self.text(NAME).as_deref() {
            None | Some("lax") => Ok(SameSite::Lax),
            Some("none") => Ok(SameSite::None),
            Some(_) => Err(wrong(NAME, "must be lax or none")),
        }
    }

    fn social(&self, public_url: &str) -> Result<federation::Settings, Error> {
        let url = text::url(public_url).map_err(|_| wrong("PUBLIC_URL", "must be a URL"))?;
        let social = federation::Settings::read(&|name| self.text(name), &url)?;
        if !social.policy.sign_up.is_empty() && self.text("SIGN_UP_TENANT").is_none() {
            return Err(wrong("SIGN_UP_TENANT", "is missing beside SOCIAL_SIGN_UP"));
        }
        Ok(social)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    const DATA_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    fn read(changes: &[(&str, &str)]) -> Result<Config, Error> {
        let mut settings = HashMap::from([
            ("PUBLIC_URL", "https://login.example/"),
            ("JWT_SECRET", "0123456789abcdef0123456789abcdef"),
            ("DATA_KEY", DATA_KEY),
        ]);
        settings.extend(changes.iter().copied());
        Config::read(|name| settings.get(name).map(|&value| value.to_owned()))
    }

    fn complaint(changes: &[(&str, &str)]) -> String {
        match read(changes) {
            Err(Error::Misconfigured(what)) => what,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("accepted: {changes:?}"),
        }
    }

    #[test]
    fn the_defaults_are_the_documented_ones() {
        let config = read(&[]).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(config.public_url, "https://login.example");
        assert_eq!(config.issuer, "https://login.example");
        assert_eq!(config.password_hash, Algorithm::Pbkdf2Sha512);
        assert_eq!(config.password_min_length, 8);
        assert_eq!(config.refresh_retry_window, Seconds::new(10));
        assert_eq!(config.session_max_age, Seconds::DAY.times(30));
        assert_eq!(config.compatibility, CompatFlags::default());
        assert!(!config.server_timing);
        assert_eq!(config.servicestack_client_id, None);
        assert_eq!(config.token_cookies_same_site, SameSite::Lax);
        assert_eq!(config.messages.per_hour, 3600);
        assert!(config.messages.unlimited_domains.is_empty());
    }

    #[test]
    fn a_domain_is_one_in_any_letters() {
        let config = read(&[("MAIL_DOMAINS", "Example.com, XN--Bcher-kva.example")])
            .unwrap_or_else(|error| panic!("{error:?}"));
        let domains = ["example.com", "xn--bcher-kva.example"];
        assert_eq!(config.messages.unlimited_domains, domains);
    }

    #[test]
    fn what_is_wrong_is_named_without_its_value() {
        for (changes, name) in [
            (vec![("PUBLIC_URL", "")], "PUBLIC_URL"),
            (
                vec![("TOKEN_COOKIES_SAME_SITE", "hunter2")],
                "TOKEN_COOKIES_SAME_SITE",
            ),
            (vec![("PUBLIC_URL", "ftp://hunter2")], "PUBLIC_URL"),
            (vec![("PUBLIC_URL", "https://*.hunter2")], "PUBLIC_URL"),
            (vec![("PUBLIC_URL", "https://hunter2@x")], "PUBLIC_URL"),
            (vec![("PUBLIC_URL", "https://x/?hunter2")], "PUBLIC_URL"),
            (vec![("PUBLIC_URL", "https://x/#hunter2")], "PUBLIC_URL"),
            (vec![("JWT_SECRET", "")], "JWT_KEYS"),
            (vec![("JWT_SECRET", "hunter2")], "JWT_SECRET"),
            (vec![("JWT_KEYS", "hunter2")], "JWT_KEYS"),
            (
                vec![("JWT_SECRET", ""), ("JWT_KEYS", "hunter2")],
                "JWT_KEYS",
            ),
            (
                vec![("JWT_SECRET", ""), ("JWT_KEYS", r#"{"keys":[]}"#)],
                "JWT_KEYS",
            ),
            (
                vec![
                    ("JWT_SECRET", ""),
                    ("JWT_KEYS", r#"{"keys":[{"kty":"oct","k":"hunter2"}]}"#),
                ],
                "JWT_KEYS",
            ),
            (vec![("DATA_KEY", "")], "DATA_KEY"),
            (vec![("DATA_KEY", "hunter2")], "DATA_KEY"),
            (vec![("PASSWORD_HASH", "hunter2")], "PASSWORD_HASH"),
            (
                vec![("PASSWORD_MIN_LENGTH", "hunter2")],
                "PASSWORD_MIN_LENGTH",
            ),
            (vec![("SESSION_MAX_AGE", "-1")], "SESSION_MAX_AGE"),
            (vec![("ALLOWED_ORIGINS", "hunter2")], "ALLOWED_ORIGINS"),
            (
                vec![(
                    "ALLOWED_ORIGINS",
                    "https://a.example, https://*.hunter2.example",
                )],
                "ALLOWED_ORIGINS",
            ),
            (
                vec![("ALLOWED_ORIGINS", "http://hunter2.localhost:5173")],
                "ALLOWED_ORIGINS",
            ),
            (
                vec![("COMPATIBILITY", "plain-bearer, hunter2")],
                "COMPATIBILITY",
            ),
            (vec![("LEGACY_HABITS", "hunter2")], "LEGACY_HABITS"),
            (vec![("SERVER_TIMING", "hunter2")], "SERVER_TIMING"),
            (vec![("SIGN_UP_TENANT", "hunter2")], "SIGN_UP_ROLE"),
            (vec![("SOCIAL_SIGN_UP", "google")], "SIGN_UP_TENANT"),
            (vec![("SOCIAL_LINKING", "hunter2")], "SOCIAL_LINKING"),
            (
                vec![
                    ("GOOGLE_AUTH_CLIENT_ID", "id"),
                    ("GOOGLE_AUTH_CLIENT_SECRET", "secret"),
                    ("GOOGLE_AUTH_TOKEN_URL", "http://hunter2.example"),
                ],
                "GOOGLE_AUTH_TOKEN_URL",
            ),
            (
                vec![
                    ("GOOGLE_AUTH_CLIENT_ID", "id"),
                    ("GOOGLE_AUTH_CLIENT_SECRET", "secret"),
                    ("GOOGLE_AUTH_APP_CLIENT_IDS", "an-app, *.hunter2"),
                ],
                "GOOGLE_AUTH_APP_CLIENT_IDS",
            ),
            (vec![("RATE_LIMITS", "off")], "RATE_LIMITS"),
            (vec![("RATE_LIMITS", "hunter2")], "RATE_LIMITS"),
            (vec![("SIGN_IN_ATTEMPTS", "0")], "SIGN_IN_ATTEMPTS"),
            (
                vec![("AUDIT_RETENTION_DAYS", "hunter2")],
                "AUDIT_RETENTION_DAYS",
            ),
            (
                vec![("NOTIFY_WEBHOOK_URL", "http://hunter2.example")],
                "NOTIFY_WEBHOOK_URL",
            ),
            (
                vec![("NOTIFY_WEBHOOK_URL", "https://a.example")],
                "NOTIFY_WEBHOOK_SECRET",
            ),
            (
                vec![
                    ("NOTIFY_WEBHOOK_URL", "https://a.example"),
                    ("NOTIFY_WEBHOOK_SECRET", "hunter2"),
                ],
                "NOTIFY_WEBHOOK_SECRET",
            ),
            (vec![("MAIL_FROM", "hunter2")], "MAIL_FROM"),
            (vec![("DEV_MAILBOX", "on")], "DEV_MAILBOX"),
            (
                vec![("MAIL_DOMAINS", "a.example, x@hunter2")],
                "MAIL_DOMAINS",
            ),
            (vec![("MAIL_DOMAINS", "*.hunter2.example")], "MAIL_DOMAINS"),
            (
                vec![("MAIL_DOMAINS", "https://hunter2.example")],
                "MAIL_DOMAINS",
            ),
            (vec![("MAIL_PER_HOUR", "hunter2")], "MAIL_PER_HOUR"),
            (vec![("MAIL_PER_HOUR", "0")], "MAIL_PER_HOUR"),
            (
                vec![("RESET_LINK", "https://hunter2.example")],
                "RESET_LINK",
            ),
            (
                vec![("SIGN_UP_LINK", "javascript:hunter2({token})")],
                "SIGN_UP_LINK",
            ),
            (
                vec![("FORGOT_PASSWORD_LINK_EXPIRY", "0")],
                "FORGOT_PASSWORD_LINK_EXPIRY",
            ),
        ] {
            let complaint = complaint(&changes);
            assert!(complaint.starts_with(name), "{complaint}");
            assert!(!complaint.contains("hunter2"), "{complaint}");
        }
    }

    #[test]
    fn compatibility_flags_are_off_unless_named() {
        let config = read(&[
            ("COMPATIBILITY", "plain-bearer, short-jwt-secret"),
            ("JWT_SECRET", "short"),
        ])
        .unwrap_or_else(|error| panic!("{error:?}"));
        assert!(config.compatibility.plain_bearer);
        assert!(!config.compatibility.open_otp_caches);
    }
}
