//! How a sign-in elsewhere fails.

use crate::auth::jose::invalid::InvalidToken;
use crate::error::{Error, Reason};

/// A sign-in elsewhere that went wrong: what the caller is told, and what the log is told.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderFailure {
    /// What the caller is told.
    pub error: Error,
    /// What was wrong; holds no token, code or secret, but may quote a provider's error code.
    pub reason: String,
}

impl ProviderFailure {
    /// The provider, or what came in its name, is not believed: 401, nested, whatever it was.
    pub fn untrusted(reason: impl Into<String>) -> Self {
        Self {
            error: Error::Strategy(Reason::InvalidCredentials),
            reason: reason.into(),
        }
    }

    /// What came back does not belong to a sign-in of this browser at this route: 401, flat.
    pub fn foreign(reason: impl Into<String>) -> Self {
        Self {
            error: Error::Refused(Reason::ClientInvalid),
            reason: reason.into(),
        }
    }

    /// The provider cannot be reached at a start: 503.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self {
            error: Error::Unavailable(reason.clone()),
            reason,
        }
    }

    /// The same, with the settings that it may be about.
    #[must_use]
    pub fn about(self, settings: &str) -> Self {
        let reason = format!("{settings}: {}", self.reason);
        Self { reason, ..self }
    }
}

impl From<Error> for ProviderFailure {
    fn from(error: Error) -> Self {
        let reason = error.log_text().unwrap_or_default();
        Self { error, reason }
    }
}

impl From<InvalidToken> for ProviderFailure {
    fn from(invalid: InvalidToken) -> Self {
        Self::untrusted(invalid.to_string())
    }
}

impl From<ProviderFailure> for Error {
    fn from(failure: ProviderFailure) -> Self {
        failure.error
    }
}
