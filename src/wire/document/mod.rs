//! Input as values: the types that every text of a request passes through, in any format.
//!
//! A document, form or query has at most [`bounds::MAX_VALUES`] values and [`MAX_DEPTH`] levels, counted while
//! it is read: memory follows the bytes that were sent, not the structure they spell. No text in it
//! has U+0000, at which SQLite's command line and the import of an export end a text.

#[cfg(test)]
pub(in crate::wire) mod arbitrary;
pub mod bounds;
pub mod json;
mod malformed;
mod pairs;

use serde_json::Value;

pub use bounds::{Bounds, MAX_DEPTH};
pub use malformed::{Malformed, NO_NUL, pointer};
pub use pairs::Pairs;

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
}
