//! Reads single settings: texts, numbers, switches, lists, URLs.

use std::ops::RangeInclusive;

use crate::auth::id::ClientId;
use crate::auth::time::Seconds;
use crate::auth::transport::is_secure;
use crate::error::{Error, ErrorKind};

/// Reads settings by name. An empty value counts as unset.
pub struct SettingsReader<F> {
    lookup: F,
}

impl<F: Fn(&str) -> Option<String>> SettingsReader<F> {
    /// Reads from a name → value lookup.
    pub const fn new(lookup: F) -> Self {
        Self { lookup }
    }

    /// A text, without the space around it.
    pub fn text(&self, name: &str) -> Option<String> {
        let value = (self.lookup)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// A text with a default.
    pub fn text_or(&self, name: &str, default: &str) -> String {
        self.text(name).unwrap_or_else(|| default.to_owned())
    }

    /// A whole number.
    pub fn whole<T: TryFrom<i64>>(
        &self,
        name: &str,
        default: i64,
        range: RangeInclusive<i64>,
    ) -> Result<T, Error> {
        let number = match self.text(name) {
            None => Some(default),
            Some(text) => text.parse().ok().filter(|number| range.contains(number)),
        };
        number
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| {
                let (least, most) = (range.start(), range.end());
                wrong(
                    name,
                    &format!("must be a whole number from {least} to {most}"),
                )
            })
    }

    /// A list of clients by their public names.
    pub fn client_ids(&self, name: &str) -> Vec<ClientId> {
        self.list(name).into_iter().map(ClientId::new).collect()
    }

    /// A span in seconds.
    pub fn seconds(
        &self,
        name: &str,
        default: i64,
        range: RangeInclusive<i64>,
    ) -> Result<Seconds, Error> {
        self.whole(name, default, range).map(Seconds::new)
    }

    /// `on` or `off`, which is the default.
    pub fn switch(&self, name: &str) -> Result<bool, Error> {
        self.switch_or(name, false)
    }

    /// `on` or `off`.
    pub fn switch_or(&self, name: &str, default: bool) -> Result<bool, Error> {
        match self.text(name).as_deref() {
            None => Ok(default),
            Some("off") => Ok(false),
            Some("on") => Ok(true),
            Some(_) => Err(wrong(name, "must be on or off")),
        }
    }

    /// A comma-separated list.
    pub fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        let entries = text.split(',').map(str::trim);
        entries
            .filter(|entry| !entry.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// A URL that is https, or http on loopback.
    pub fn secure_url(&self, name: &str) -> Result<Option<String>, Error> {
        let Some(url) = self.text(name) else {
            return Ok(None);
        };
        if is_secure(&url) {
            Ok(Some(url))
        } else {
            Err(wrong(name, "must be an https URL, or http on loopback"))
        }
    }
}

/// What is wrong with a setting: its name, never its value.
pub fn wrong(name: &str, what: &str) -> Error {
    ErrorKind::Misconfigured(format!("{name} {what}")).into()
}
