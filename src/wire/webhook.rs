//! A message as a signed webhook (Standard Webhooks 1.0).

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::message::Message;
use crate::auth::time::Timestamp;
use crate::error::{Error, ErrorKind};

/// A message as a signed webhook request (Standard Webhooks 1.0): headers and body.
pub struct Webhook {
    /// `webhook-id`, `webhook-timestamp`, `webhook-signature`, `content-type`.
    pub headers: [(&'static str, String); 4],
    /// JSON.
    pub body: Vec<u8>,
}

impl Webhook {
    /// A message, signed.
    pub fn new(
        message: &Message,
        id: &str,
        now: Timestamp,
        key: &WebhookKey,
    ) -> Result<Self, Error> {
        let body = json!({
            "type": message.kind,
            "timestamp": message.sent_at,
            "data": {
                "to": message.to,
                "subject": message.subject,
                "kind": message.kind,
                "link": message.link,
                "token": message.token,
                "text": message.text(),
                "html": message.html(),
            },
        });
        Self::signed(&body, id, now, std::slice::from_ref(key))
    }

    /// Signs a body: HMAC-SHA256 over id, timestamp (seconds) and body, by each of the keys.
    pub fn signed(
        body: &Value,
        id: &str,
        now: Timestamp,
        keys: &[WebhookKey],
    ) -> Result<Self, Error> {
        let body = body.to_string();
        let timestamp = now.seconds().to_string();
        let text = format!("{id}.{timestamp}.{body}");
        let signatures = keys
            .iter()
            .map(|key| Ok(format!("v1,{}", key.sign(&text)?)));
        let signatures: Vec<_> = signatures.collect::<Result<_, Error>>()?;
        Ok(Self {
            headers: [
                ("content-type", "application/json".to_owned()),
                ("webhook-id", id.to_owned()),
                ("webhook-timestamp", timestamp),
                ("webhook-signature", signatures.join(" ")),
            ],
            body: body.into_bytes(),
        })
    }
}

/// The secret shared with the webhook's receiver.
pub struct WebhookKey(Vec<u8>);

impl WebhookKey {
    /// Reads a secret in the standard's form: `whsec_` and base64 of 24 to 64 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Base64::decode_vec(text.strip_prefix("whsec_")?).ok()?;
        (24..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    fn sign(&self, text: &str) -> Result<String, Error> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0)
            .map_err(|error| ErrorKind::Internal(format!("HMAC: {error}")))?;
        mac.update(text.as_bytes());
        Ok(Base64::encode_string(&mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_standard_webhooks() {
        let key = WebhookKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = r#"{"test": 2432232314}"#;
        assert_eq!(
            key.sign(&format!("msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{body}"))
                .unwrap(),
            "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn a_webhook_secret_must_be_one() {
        for text in [
            "",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_",
            "whsec_c2hvcnQ=",
            "whsec_!",
        ] {
            assert!(WebhookKey::parse(text).is_none(), "{text}");
        }
    }
}
