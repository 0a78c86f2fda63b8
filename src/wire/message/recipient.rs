//! Who messages are for.

use crate::wire::texts::{Locale, Mail};

/// Who a message is for, and in which language.
#[derive(Debug, Clone, Copy)]
pub struct Recipient<'a> {
    /// The address.
    pub address: &'a str,
    /// The language.
    pub locale: Locale,
}

impl Recipient<'_> {
    /// The texts of messages in the language.
    pub(super) const fn texts(&self) -> &'static Mail {
        &self.locale.texts().mail
    }
}
