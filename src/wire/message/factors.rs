//! Messages about second factors.

use super::{Message, MessageKind, Recipient};
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;

impl Message {
    /// For the owner of an account that has just got another factor.
    pub fn factor_added(to: &Recipient<'_>, now: Timestamp) -> Self {
        let texts = to.texts();
        let paragraphs = [texts.added_opening, texts.added_closing];
        let kind = MessageKind::FactorAdded;
        Self::plain(to, texts.added_subject, kind, &paragraphs, now)
    }

    /// For the owner of an account from which a factor has just been removed.
    pub fn factor_removed(to: &Recipient<'_>, name: &str, now: Timestamp) -> Self {
        let texts = to.texts();
        let opening = (texts.removed_opening)(name);
        let paragraphs = [opening.as_str(), texts.factor_closing];
        let kind = MessageKind::FactorRemoved;
        Self::plain(to, texts.removed_subject, kind, &paragraphs, now)
    }

    /// For the owner of an account whose factors are all gone, by the code of an administrator.
    pub fn factors_reset(to: &Recipient<'_>, now: Timestamp) -> Self {
        let texts = to.texts();
        let paragraphs = [texts.anew_done, texts.factor_closing];
        let kind = MessageKind::FactorRemoved;
        Self::plain(to, texts.removed_subject, kind, &paragraphs, now)
    }

    /// The code that takes the place of a password, good for `minutes`.
    pub fn email_code(to: &Recipient<'_>, code: &Secret, minutes: i64, now: Timestamp) -> Self {
        let texts = to.texts();
        let opening = (texts.code_opening)(code.expose());
        let closing = (texts.code_closing)(&minutes.to_string());
        let paragraphs = [opening.as_str(), closing.as_str()];
        let kind = MessageKind::EmailCode;
        let message = Self::plain(to, texts.code_subject, kind, &paragraphs, now);
        Self {
            token: Some(code.expose().to_owned()),
            ..message
        }
    }

    /// The code with which the second factors of an account begin anew, good for so many hours.
    pub fn re_enrolment(
        to: &Recipient<'_>,
        link: String,
        code: &str,
        hours: i64,
        now: Timestamp,
    ) -> Self {
        let texts = to.texts();
        let opening = (texts.anew_opening)(code);
        let closing = (texts.anew_closing)(&hours.to_string());
        let paragraphs = [opening.as_str(), closing.as_str()];
        let kind = MessageKind::ReEnrolment;
        let message = Self::plain(to, texts.anew_subject, kind, &paragraphs, now);
        message.with_link(link, &Secret::new(code))
    }

    /// For the owner of an account one of whose recovery codes has just been used.
    pub fn recovery_code_used(to: &Recipient<'_>, left: u32, now: Timestamp) -> Self {
        let texts = to.texts();
        let opening = (texts.recovery_opening)(&left.to_string());
        let paragraphs = [opening.as_str(), texts.recovery_closing];
        let kind = MessageKind::RecoveryCodeUsed;
        Self::plain(to, texts.recovery_subject, kind, &paragraphs, now)
    }

    /// For the owner of an account whose second factor somebody guesses.
    pub fn codes_guessed(to: &Recipient<'_>, now: Timestamp) -> Self {
        let texts = to.texts();
        let paragraphs = [texts.guessed_opening, texts.factor_closing];
        let kind = MessageKind::CodesGuessed;
        Self::plain(to, texts.guessed_subject, kind, &paragraphs, now)
    }
}
