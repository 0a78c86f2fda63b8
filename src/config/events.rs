//! Settings of the events: where they go, and what signs them.

use super::reader::{SettingsReader, wrong};
use crate::auth::transport::{is_loopback, is_public};
use crate::error::Error;
use crate::wire::webhook::WebhookKey;

/// Where events go.
pub struct EventsWebhook {
    /// `EVENTS_WEBHOOK_URL`.
    pub url: String,
    /// `EVENTS_WEBHOOK_SECRET`: each of them signs, so that the receiver may change its own in between.
    pub keys: Vec<WebhookKey>,
}

impl EventsWebhook {
    /// Reads the settings of the events; nothing where none are wanted.
    pub fn read<F: Fn(&str) -> Option<String>>(
        settings: &SettingsReader<F>,
        public_url: &str,
    ) -> Result<Option<Self>, Error> {
        let Some(url) = settings.secure_url("EVENTS_WEBHOOK_URL")? else {
            return Ok(None);
        };
        let is_own_machine = is_loopback(public_url) && is_loopback(&url);
        if !is_public(&url) && !is_own_machine {
            return Err(wrong(
                "EVENTS_WEBHOOK_URL",
                "must be https, and not an address of a private network",
            ));
        }
        let secrets = settings.list("EVENTS_WEBHOOK_SECRET");
        let keys: Option<Vec<_>> = secrets.iter().map(|text| WebhookKey::parse(text)).collect();
        match keys {
            Some(keys) if !keys.is_empty() => Ok(Some(Self { url, keys })),
            _ => Err(wrong(
                "EVENTS_WEBHOOK_SECRET",
                "must be whsec_ and base64 of 24 to 64 bytes, or several with commas between them",
            )),
        }
    }
}
