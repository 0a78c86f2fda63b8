//! What came in, as values: the types that every text of a request passes through, whatever its
//! format.
//!
//! A document, form or query has at most [`MAX_VALUES`] values and [`MAX_DEPTH`] levels, counted while
//! it is read: memory follows the bytes that were sent, not the structure they spell. No text in it
//! has U+0000, at which SQLite's command line and the import of an export end a text.

#[cfg(test)]
pub(in crate::wire) mod arbitrary;
pub mod bounds;
pub mod json;
mod pairs;

use std::borrow::Cow;

use serde_json::Value;

pub use bounds::{Bounds, MAX_DEPTH};
pub use pairs::Pairs;

use crate::error::{Detail, Error};

/// What is said of a text with U+0000.
pub const NO_NUL: &str = "must NOT contain U+0000";

/// Why a text is no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Malformed {
    /// It is not of its format, or holds more than a document may; in words that repeat nothing of it.
    Syntax(Cow<'static, str>),
    /// A text in it has U+0000; the JSON pointer to the text, or to the object whose member it names.
    Nul(String),
}

impl Malformed {
    /// A text that is not of its format.
    pub const fn syntax(reason: &'static str) -> Self {
        Self::Syntax(Cow::Borrowed(reason))
    }
}

/// In the ARC API's words: 400, or the 422 that names the text.
impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::Syntax(reason) => Self::Syntax(reason.into_owned()),
            Malformed::Nul(path) => Self::Invalid(vec![Detail::pattern(&path, NO_NUL)]),
        }
    }
}

/// A value without U+0000 in any of its texts. Its reader has counted it with [`Bounds`].
#[derive(Debug, Clone, PartialEq)]
pub struct Document(Value);

impl Document {
    /// Checks the texts of what a reader has made.
    pub fn new(value: Value) -> Result<Self, Malformed> {
        match nul(&value) {
            Some(path) => Err(Malformed::Nul(path)),
            None => Ok(Self(value)),
        }
    }

    /// The value itself.
    pub fn into_value(self) -> Value {
        self.0
    }
}

/// The JSON pointer (RFC 6901) to the first text with U+0000.
fn nul(value: &Value) -> Option<String> {
    let below = |name: &str, value| Some(format!("{}{}", pointer("", name), nul(value)?));
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(at, item)| below(&at.to_string(), item))
        }
        Value::Object(members) => members.iter().find_map(|(name, member)| {
            if name.contains('\0') {
                return Some(String::new());
            }
            below(name, member)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// The JSON pointer to a member of what `path` points at (RFC 6901 §3).
pub fn pointer(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_with_nul_is_found_wherever_it_is() {
        for (value, path) in [
            (json!("\0"), ""),
            (json!({"a": "b\0"}), "/a"),
            (json!({"a": 1, "b": [null, {"c/d": "\0"}]}), "/b/1/c~1d"),
            (json!({"a": {"b\0": 1}}), "/a"),
            (json!({"\0": 1}), ""),
        ] {
            let expected = Err(Malformed::Nul(path.to_owned()));
            assert_eq!(Document::new(value.clone()), expected, "{value}");
        }
        let clean = json!({"a": ["\u{1}", "\\u0000", 0, null, true]});
        assert_eq!(
            Document::new(clean.clone()).map(Document::into_value),
            Ok(clean)
        );
    }

    #[test]
    fn a_pointer_escapes_what_pointers_are_made_of() {
        assert_eq!(pointer("/where", "a~/b"), "/where/a~0~1b");
    }
}
