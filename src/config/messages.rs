//! Settings of the messages: the way they go, the links in them, how long those live.

use super::reader::{SettingsReader, wrong};
use crate::auth::address::{domain_of, is_address};
use crate::auth::secret::Secret;
use crate::auth::time::Seconds;
use crate::auth::transport::{is_loopback, is_secure};
use crate::error::{Error, ErrorKind};
use crate::wire::webhook::WebhookKey;

const TOKEN: &str = "{token}";
const LINK_LIFETIME: i64 = 1800;
/// What one network can ask for at the limit that `wrangler.toml` ships: 60 a minute.
const MESSAGES_PER_HOUR: i64 = 3600;

/// How people are written to.
pub struct Messages {
    /// The way messages go, if there is one.
    pub delivery: Option<Delivery>,
    /// `FORGOT_PASSWORD_LINK_EXPIRY`.
    pub reset_lifetime: Seconds,
    /// `REQUEST_SIGNUP_LINK_EXPIRY`.
    pub sign_up_lifetime: Seconds,
    /// `MAIL_DOMAINS`: domains that get as many messages as their mailboxes.
    pub unlimited_domains: Vec<String>,
    /// `MAIL_PER_HOUR`: messages that strangers can have sent in an hour, to all mailboxes together.
    pub per_hour: u32,
    /// `RESET_LINK`, whole.
    reset_link: String,
    /// `SIGN_UP_LINK`, whole.
    sign_up_link: String,
}

/// The ways messages can go; the first that is configured is the one.
pub enum Delivery {
    /// `NOTIFY_WEBHOOK_URL` and `NOTIFY_WEBHOOK_SECRET`: a signed POST to the deployer's own sender.
    Webhook {
        /// Where to.
        url: String,
        /// What signs.
        key: WebhookKey,
    },
    /// `MAIL_FROM`: Cloudflare's e-mail binding `EMAIL`.
    Email {
        /// The sender's address.
        from: String,
    },
    /// `DEV_MAILBOX`: kept here, and shown at `/dev/mailbox`.
    Mailbox,
}

impl Messages {
    /// Reads the settings that have to do with messages.
    pub fn read<F: Fn(&str) -> Option<String>>(
        settings: &SettingsReader<F>,
        public_url: &str,
    ) -> Result<Self, Error> {
        let lifetime = |name| settings.seconds(name, LINK_LIFETIME, 60..=604_800);
        Ok(Self {
            delivery: delivery(settings, public_url)?,
            reset_lifetime: lifetime("FORGOT_PASSWORD_LINK_EXPIRY")?,
            sign_up_lifetime: lifetime("REQUEST_SIGNUP_LINK_EXPIRY")?,
            unlimited_domains: unlimited_domains(settings)?,
            per_hour: settings.whole("MAIL_PER_HOUR", MESSAGES_PER_HOUR, 1..=100_000)?,
            reset_link: link(
                settings,
                "RESET_LINK",
                "/reset-password?token={token}",
                public_url,
            )?,
            sign_up_link: link(
                settings,
                "SIGN_UP_LINK",
                "/sign-up?token={token}",
                public_url,
            )?,
        })
    }

    /// The way messages go; 501 where none is configured.
    pub fn delivery(&self) -> Result<&Delivery, Error> {
        self.delivery.as_ref().ok_or_else(|| {
            ErrorKind::NotConfigured("NOTIFY_WEBHOOK_URL, MAIL_FROM or DEV_MAILBOX").into()
        })
    }

    /// Whether the development mailbox is the way.
    pub const fn has_mailbox(&self) -> bool {
        matches!(self.delivery, Some(Delivery::Mailbox))
    }

    /// Where a new password is chosen.
    pub fn reset_link(&self, token: &Secret) -> String {
        self.reset_link.replace(TOKEN, token.expose())
    }

    /// Where signing up is finished.
    pub fn sign_up_link(&self, token: &Secret) -> String {
        self.sign_up_link.replace(TOKEN, token.expose())
    }
}

fn delivery<F: Fn(&str) -> Option<String>>(
    settings: &SettingsReader<F>,
    public_url: &str,
) -> Result<Option<Delivery>, Error> {
    let mailbox = settings.switch("DEV_MAILBOX")?;
    if mailbox && !is_loopback(public_url) {
        return Err(wrong(
            "DEV_MAILBOX",
            "must be off unless PUBLIC_URL is loopback",
        ));
    }
    if let Some(url) = settings.secure_url("NOTIFY_WEBHOOK_URL")? {
        let secret = settings.text("NOTIFY_WEBHOOK_SECRET");
        let key = secret
            .and_then(|secret| WebhookKey::parse(&secret))
            .ok_or_else(|| {
                wrong(
                    "NOTIFY_WEBHOOK_SECRET",
                    "must be whsec_ and base64 of 24 to 64 bytes",
                )
            })?;
        return Ok(Some(Delivery::Webhook { url, key }));
    }
    if let Some(from) = settings.text("MAIL_FROM") {
        if !is_address(&from) {
            return Err(wrong("MAIL_FROM", "must be an e-mail address"));
        }
        return Ok(Some(Delivery::Email { from }));
    }
    Ok(mailbox.then_some(Delivery::Mailbox))
}

fn unlimited_domains<F: Fn(&str) -> Option<String>>(
    settings: &SettingsReader<F>,
) -> Result<Vec<String>, Error> {
    let domains = settings.list("MAIL_DOMAINS");
    if let Some(nonsense) = domains.iter().find(|domain| !is_domain(domain)) {
        let what = if nonsense.contains('*') {
            "must name every domain; * stands for nothing"
        } else {
            "must be a list of domains, such as example.com"
        };
        return Err(wrong("MAIL_DOMAINS", what));
    }
    Ok(domains.iter().map(|domain| domain_of(domain)).collect())
}

/// Whether an address can have this domain.
fn is_domain(text: &str) -> bool {
    !text.contains(['*', '/', '@']) && is_address(&format!("x@{text}"))
}

/// A template of a link; one that begins with a slash is of the public URL.
fn link<F: Fn(&str) -> Option<String>>(
    settings: &SettingsReader<F>,
    name: &str,
    default: &str,
    public_url: &str,
) -> Result<String, Error> {
    let template = settings.text(name).unwrap_or_else(|| default.to_owned());
    let whole = if template.starts_with('/') {
        format!("{public_url}{template}")
    } else {
        template
    };
    // The token is base64url: it needs no escaping anywhere in a URL.
    if is_secure(&whole.replace(TOKEN, "token")) && whole.contains(TOKEN) {
        Ok(whole)
    } else {
        Err(wrong(
            name,
            "must be an https URL (http on loopback) with {token} in it",
        ))
    }
}
