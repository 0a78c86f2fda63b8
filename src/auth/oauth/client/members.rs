//! Single members of client metadata, read by type. `null` is absent.

use serde_json::{Map, Value};

use crate::auth::oauth::failure::{ErrorCode, Failure};

/// The longest text, in bytes.
const LONGEST: usize = 2_000;
/// The most items of a list.
const MOST: usize = 50;

/// Metadata that are being read.
#[derive(Clone, Copy)]
pub struct Members<'a>(pub &'a Map<String, Value>);

/// Metadata that cannot be taken.
pub const fn refused(why: &'static str) -> Failure {
    Failure::new(ErrorCode::InvalidClientMetadata, why)
}

impl<'a> Members<'a> {
    /// A member, unless it is absent.
    pub fn find(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text.
    pub fn text(self, name: &str) -> Result<Option<&'a str>, Failure> {
        let Some(value) = self.find(name) else {
            return Ok(None);
        };
        let text = value.as_str().filter(|text| text.len() <= LONGEST);
        text.map(Some)
            .ok_or(refused("a member that is a text is none, or too long"))
    }

    /// A list of texts.
    pub fn list(self, name: &str) -> Result<Option<Vec<&'a str>>, Failure> {
        let Some(value) = self.find(name) else {
            return Ok(None);
        };
        let items = value.as_array().filter(|items| items.len() <= MOST);
        let texts = items.and_then(|items| {
            let texts = items
                .iter()
                .map(|item| item.as_str().filter(|text| text.len() <= LONGEST));
            texts.collect::<Option<Vec<_>>>()
        });
        texts.map(Some).ok_or(refused(
            "a member that is a list of texts is none, or too long",
        ))
    }

    /// Yes or no.
    pub fn flag(self, name: &str) -> Result<Option<bool>, Failure> {
        let value = self.find(name).map(|value| {
            value
                .as_bool()
                .ok_or(refused("a member that is true or false is neither"))
        });
        value.transpose()
    }

    /// A whole number that is not negative.
    pub fn number(self, name: &str) -> Result<Option<i64>, Failure> {
        let value = self.find(name).map(|value| {
            let number = value.as_i64().filter(|number| *number >= 0);
            number.ok_or(refused("a member that is a whole number is none"))
        });
        value.transpose()
    }

    /// One of several words.
    pub fn word<T>(
        self,
        name: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        read(text)
            .map(Some)
            .ok_or(refused("a member has a value that is not supported"))
    }
}
