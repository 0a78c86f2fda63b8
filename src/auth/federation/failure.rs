//! How a federated sign-in fails.

use crate::auth::jose::invalid::InvalidToken;
use crate::error::{Error, ErrorKind, Reason};

/// A federated sign-in that failed: the error of the response, and the reason for the log.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{reason}")]
pub struct ProviderFailure {
    /// The error of the response.
    pub error: Error,
    /// What was wrong; holds no token, code or secret, but may quote a provider's error code.
    pub reason: String,
}

impl ProviderFailure {
    /// What the provider sent, or another sent in its name, authenticates no user: one error for all.
    pub fn untrusted(reason: impl Into<String>) -> Self {
        Self {
            error: ErrorKind::Unauthenticated(Reason::InvalidCredentials).into(),
            reason: reason.into(),
        }
    }

    /// The callback belongs to no sign-in that this browser began at this route.
    pub fn foreign(reason: impl Into<String>) -> Self {
        Self {
            error: ErrorKind::Rejected(Reason::ClientInvalid).into(),
            reason: reason.into(),
        }
    }

    /// The provider cannot be reached at a start: 503.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self {
            error: ErrorKind::Unavailable(reason.clone()).into(),
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
        let reason = error.to_string();
        Self { error, reason }
    }
}

impl From<ErrorKind> for ProviderFailure {
    fn from(kind: ErrorKind) -> Self {
        Error::from(kind).into()
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
