//! The messages that people get, and how each way of sending wants them.

use crate::auth::time::Timestamp;
use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::Sha256;

use crate::auth::secret::Secret;
use crate::auth::token::iso8601;
use crate::error::Error;

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// The link to set a new password.
    PasswordReset,
    /// The password has just been changed.
    PasswordChanged,
    /// The link to finish signing up.
    SignUp,
}

impl MessageKind {
    /// The name that is stored and sent.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PasswordReset => "password-reset",
            Self::PasswordChanged => "password-changed",
            Self::SignUp => "sign-up",
        }
    }
}

/// A message for one person. Its `link` and `token` open something: it is never logged.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// One address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// What it is about.
    pub kind: MessageKind,
    /// Where to go, if anywhere.
    pub link: Option<String>,
    /// What the link carries.
    pub token: Option<String>,
    /// The paragraphs, as plain text.
    pub paragraphs: Vec<String>,
    /// ISO 8601.
    pub sent_at: String,
}

impl Message {
    /// The link to set a new password, good for `minutes`.
    pub fn password_reset(
        to: &str,
        link: String,
        token: &Secret,
        minutes: i64,
        now: Timestamp,
    ) -> Self {
        let opening = "Somebody asked for a new password for your account.";
        let closing = format!(
            "The link works once, within {minutes} minutes. If it was not you, there is nothing to do."
        );
        Self {
            link: Some(link),
            token: Some(token.expose().to_owned()),
            ..Self::plain(
                to,
                "Choose a new password",
                MessageKind::PasswordReset,
                &[opening, &closing],
                now,
            )
        }
    }

    /// For somebody who has no password here, but comes in through a provider.
    pub fn no_password_here(to: &str, provider: &str, now: Timestamp) -> Self {
        let opening = "Somebody asked for a new password for your account.";
        let closing = format!("Your account has no password: sign in with {provider}.");
        Self::plain(
            to,
            "How to sign in",
            MessageKind::PasswordReset,
            &[opening, &closing],
            now,
        )
    }

    /// For the owner of an account whose password has just changed.
    pub fn password_changed(to: &str, now: Timestamp) -> Self {
        let opening =
            "The password of your account has been changed, and every device was signed out.";
        let closing = "If it was not you, ask for a new password at once.";
        Self::plain(
            to,
            "Your password was changed",
            MessageKind::PasswordChanged,
            &[opening, closing],
            now,
        )
    }

    /// The link to finish signing up, good for `minutes`.
    pub fn sign_up(to: &str, link: String, token: &Secret, minutes: i64, now: Timestamp) -> Self {
        let opening = "Welcome! Follow the link to finish signing up.";
        let closing = format!(
            "The link works once, within {minutes} minutes. If you did not ask for it, there is nothing to do."
        );
        Self {
            link: Some(link),
            token: Some(token.expose().to_owned()),
            ..Self::plain(
                to,
                "Finish signing up",
                MessageKind::SignUp,
                &[opening, &closing],
                now,
            )
        }
    }

    /// For somebody who asked to sign up, but has an account.
    pub fn already_registered(to: &str, now: Timestamp) -> Self {
        let opening =
            "Somebody asked to sign up with your address, but you have an account already.";
        let closing = "Sign in as usual, or ask for a new password if you have forgotten yours.";
        Self::plain(
            to,
            "You have an account already",
            MessageKind::SignUp,
            &[opening, closing],
            now,
        )
    }

    fn plain(
        to: &str,
        subject: &str,
        kind: MessageKind,
        paragraphs: &[&str],
        now: Timestamp,
    ) -> Self {
        Self {
            to: to.to_owned(),
            subject: subject.to_owned(),
            kind,
            link: None,
            token: None,
            paragraphs: paragraphs.iter().map(|&text| text.to_owned()).collect(),
            sent_at: iso8601(now),
        }
    }

    /// The text part of an e-mail: the link stands before the last paragraph.
    pub fn text(&self) -> String {
        let mut blocks: Vec<&str> = self.paragraphs.iter().map(String::as_str).collect();
        if let Some(link) = &self.link {
            blocks.insert(blocks.len().saturating_sub(1), link);
        }
        blocks.join("\n\n")
    }

    /// The HTML part of an e-mail.
    pub fn html(&self) -> String {
        let mut blocks: Vec<String> = self
            .paragraphs
            .iter()
            .map(|text| format!("<p>{}</p>", escape(text)))
            .collect();
        if let Some(link) = &self.link {
            let (link, subject) = (escape(link), escape(&self.subject));
            let anchor = format!("<p><a href=\"{link}\">{subject}</a></p>");
            blocks.insert(blocks.len().saturating_sub(1), anchor);
        }
        format!(
            "<!doctype html><html><body>{}</body></html>",
            blocks.concat()
        )
    }
}

/// Makes text safe inside HTML, in elements and in quoted attributes.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// A message as a signed webhook request (Standard Webhooks 1.0): headers and body.
pub struct Webhook {
    /// `webhook-id`, `webhook-timestamp`, `webhook-signature`, `content-type`.
    pub headers: [(&'static str, String); 4],
    /// JSON.
    pub body: Vec<u8>,
}

impl Webhook {
    /// Signs a message: HMAC-SHA256 over id, timestamp (seconds) and body.
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
        let body = body.to_string();
        let timestamp = now.seconds().to_string();
        let signature = key.sign(&format!("{id}.{timestamp}.{body}"))?;
        Ok(Self {
            headers: [
                ("content-type", "application/json".to_owned()),
                ("webhook-id", id.to_owned()),
                ("webhook-timestamp", timestamp),
                ("webhook-signature", format!("v1,{signature}")),
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
            .map_err(|error| Error::Internal(format!("HMAC: {error}")))?;
        mac.update(text.as_bytes());
        Ok(Base64::encode_string(&mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reset() -> Message {
        let link = "https://app.example/reset?a=1&token=t\"><script>".to_owned();
        Message::password_reset(
            "a@b.example",
            link,
            &Secret::new("t"),
            30,
            Timestamp::from_millis(0),
        )
    }

    #[test]
    fn a_message_has_its_link_in_both_parts_and_nothing_breaks_out() {
        let message = reset();
        assert!(
            message
                .text()
                .contains("https://app.example/reset?a=1&token=t")
        );
        assert!(message.text().ends_with("nothing to do."));
        assert!(message.html().contains(
            "href=\"https://app.example/reset?a=1&amp;token=t&quot;&gt;&lt;script&gt;\""
        ));
        assert!(!message.html().contains("<script>"));
    }

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
