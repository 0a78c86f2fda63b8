//! Why a text is no document, and where in it.

use std::borrow::Cow;

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

/// The JSON pointer to a member of what `path` points at (RFC 6901 §3).
pub fn pointer(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_escapes_what_pointers_are_made_of() {
        assert_eq!(pointer("/where", "a~/b"), "/where/a~0~1b");
    }
}
