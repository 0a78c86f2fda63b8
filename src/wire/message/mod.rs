//! The messages that users get, as text and as HTML.

mod factors;
mod kind;
mod recipient;

use serde::{Deserialize, Serialize};

use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;
use crate::auth::token::iso8601;
pub use kind::MessageKind;
pub use recipient::Recipient;

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
    /// The language (BCP 47).
    #[serde(default)]
    pub locale: String,
}

impl Message {
    /// The link to set a new password, good for `minutes`.
    pub fn password_reset(
        to: &Recipient<'_>,
        link: String,
        token: &Secret,
        minutes: i64,
        now: Timestamp,
    ) -> Self {
        let texts = to.texts();
        let closing = (texts.link_closing)(&minutes.to_string());
        let paragraphs = [texts.reset_opening, &closing];
        let kind = MessageKind::PasswordReset;
        Self::plain(to, texts.reset_subject, kind, &paragraphs, now).with_link(link, token)
    }

    /// The link to choose a first password, for somebody whom an administrator has made an account.
    pub fn invitation(
        to: &Recipient<'_>,
        link: String,
        token: &Secret,
        minutes: i64,
        now: Timestamp,
    ) -> Self {
        let texts = to.texts();
        let closing = (texts.invitation_closing)(&minutes.to_string());
        let paragraphs = [texts.invitation_opening, closing.as_str()];
        let kind = MessageKind::PasswordReset;
        Self::plain(to, texts.invitation_subject, kind, &paragraphs, now).with_link(link, token)
    }

    /// To the owner of an account without a password, who signs in with a provider.
    pub fn no_password_here(to: &Recipient<'_>, provider: &str, now: Timestamp) -> Self {
        let texts = to.texts();
        let closing = (texts.how_closing)(provider);
        let paragraphs = [texts.reset_opening, &closing];
        let kind = MessageKind::PasswordReset;
        Self::plain(to, texts.how_subject, kind, &paragraphs, now)
    }

    /// For the owner of an account whose password has just changed.
    pub fn password_changed(to: &Recipient<'_>, now: Timestamp) -> Self {
        let texts = to.texts();
        let paragraphs = [texts.changed_opening, texts.changed_closing];
        let kind = MessageKind::PasswordChanged;
        Self::plain(to, texts.changed_subject, kind, &paragraphs, now)
    }

    /// The link to finish signing up, good for `minutes`.
    pub fn sign_up(
        to: &Recipient<'_>,
        link: String,
        token: &Secret,
        minutes: i64,
        now: Timestamp,
    ) -> Self {
        let texts = to.texts();
        let closing = (texts.sign_up_closing)(&minutes.to_string());
        let paragraphs = [texts.sign_up_opening, &closing];
        let kind = MessageKind::SignUp;
        Self::plain(to, texts.sign_up_subject, kind, &paragraphs, now).with_link(link, token)
    }

    /// To the owner of an account, for whose address an invitation was requested.
    pub fn already_registered(to: &Recipient<'_>, now: Timestamp) -> Self {
        let texts = to.texts();
        let paragraphs = [texts.known_opening, texts.known_closing];
        Self::plain(
            to,
            texts.known_subject,
            MessageKind::SignUp,
            &paragraphs,
            now,
        )
    }

    /// For the owner of an account that was signed in to with a new device.
    pub fn new_device(
        to: &Recipient<'_>,
        device: Option<&str>,
        is_waiting: bool,
        now: Timestamp,
    ) -> Self {
        let texts = to.texts();
        let (subject, opening) = match is_waiting {
            true => (texts.waits_subject, texts.device_waits),
            false => (texts.device_subject, texts.device_opening),
        };
        let opening = opening(device.unwrap_or(texts.unknown_device));
        let paragraphs = [opening.as_str(), texts.device_closing];
        Self::plain(to, subject, MessageKind::NewDevice, &paragraphs, now)
    }

    /// The link that proves a new address, good for `minutes`.
    pub fn confirm_email(
        to: &Recipient<'_>,
        link: String,
        token: &Secret,
        minutes: i64,
        now: Timestamp,
    ) -> Self {
        let texts = to.texts();
        let closing = (texts.link_closing)(&minutes.to_string());
        let paragraphs = [texts.email_opening, &closing];
        let kind = MessageKind::ConfirmEmail;
        Self::plain(to, texts.email_subject, kind, &paragraphs, now).with_link(link, token)
    }

    /// To the former address of an account, with the link that takes the change back.
    pub fn email_changed(
        to: &Recipient<'_>,
        email: &str,
        link: String,
        token: &Secret,
        now: Timestamp,
    ) -> Self {
        let texts = to.texts();
        let opening = (texts.moved_opening)(email);
        let paragraphs = [opening.as_str(), texts.moved_closing];
        let kind = MessageKind::EmailChanged;
        Self::plain(to, texts.moved_subject, kind, &paragraphs, now).with_link(link, token)
    }

    fn with_link(self, link: String, token: &Secret) -> Self {
        Self {
            link: Some(link),
            token: Some(token.expose().to_owned()),
            ..self
        }
    }

    fn plain(
        to: &Recipient<'_>,
        subject: &str,
        kind: MessageKind,
        paragraphs: &[&str],
        now: Timestamp,
    ) -> Self {
        Self {
            to: to.address.to_owned(),
            subject: subject.to_owned(),
            kind,
            link: None,
            token: None,
            paragraphs: paragraphs.iter().map(|&text| text.to_owned()).collect(),
            sent_at: iso8601(now),
            locale: to.locale.tag().to_owned(),
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
            "<!doctype html><html lang=\"{}\"><body>{}</body></html>",
            self.locale,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::texts::Locale;

    fn reset() -> Message {
        let link = "https://app.example/reset?a=1&token=t\"><script>".to_owned();
        let to = Recipient {
            address: "a@b.example",
            locale: Locale::En,
        };
        Message::password_reset(&to, link, &Secret::new("t"), 30, Timestamp::from_millis(0))
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
}
