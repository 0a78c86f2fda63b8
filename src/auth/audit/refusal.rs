//! Why a proof was refused.

use crate::auth::password::Verdict;

/// Why a proof of a password was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The credentials are wrong, or the account may not sign in.
    Failed,
    /// The stored hash cannot be read: the operator must know, the user sees a wrong password.
    Unreadable,
    /// Too many attempts came before.
    TooManyAttempts,
}

impl From<Verdict> for Refusal {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Unreadable => Self::Unreadable,
            Verdict::Wrong | Verdict::Right | Verdict::Outdated => Self::Failed,
        }
    }
}

impl Refusal {
    /// The `result` of the row and log line.
    pub const fn result(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Unreadable => "unreadable",
            Self::TooManyAttempts => "refused",
        }
    }
}
