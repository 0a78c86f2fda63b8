//! Why a token or key set is refused.

use std::fmt;

/// How much of another's words goes into the log, in characters.
const QUOTED: usize = 80;

/// What is wrong, for the log: no token, and of its claims at most a few printable characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidToken(String);

impl InvalidToken {
    /// Refuses, with the reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidToken {}

/// Another's words as the log may show them: printable ASCII, not many.
pub fn quoted(text: &str) -> String {
    text.chars()
        .filter(|char| char.is_ascii_graphic() || *char == ' ')
        .take(QUOTED)
        .collect()
}
