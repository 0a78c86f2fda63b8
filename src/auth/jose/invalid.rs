//! Why a token or key set is refused.

/// How much of another's words goes into the log, in characters.
const QUOTED: usize = 80;

/// What is wrong, for the log: no token, and of its claims at most a few printable characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidToken(String);

impl InvalidToken {
    /// Refuses, with the reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// Another's words as the log may show them: printable ASCII, not many.
pub fn quoted(text: &str) -> String {
    text.chars()
        .filter(|char| char.is_ascii_graphic() || *char == ' ')
        .take(QUOTED)
        .collect()
}
