//! The messages that users get, as text and as HTML.

use serde::{Deserialize, Serialize};

use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;
use crate::auth::token::iso8601;

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

    /// The link to choose a first password, for somebody whom an administrator has made an account.
    pub fn invitation(
        to: &str,
        link: String,
        token: &Secret,
        minutes: i64,
        now: Timestamp,
    ) -> Self {
        let opening = "An account was made for you. Follow the link to choose your password.";
        let closing = format!(
            "The link works once, within {minutes} minutes. After that, ask for a new password where you sign in."
        );
        Self {
            link: Some(link),
            token: Some(token.expose().to_owned()),
            ..Self::plain(
                to,
                "Choose your password",
                MessageKind::PasswordReset,
                &[opening, &closing],
                now,
            )
        }
    }

    /// To the owner of an account without a password, who signs in with a provider.
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

    /// To the owner of an account, for whose address an invitation was requested.
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
}
