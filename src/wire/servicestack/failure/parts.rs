//! What a failure is answered with: status, error code, message, and the members to blame.

use serde_json::{Map, Value};

use super::codes::{ARGUMENT, Parts, SERIALIZATION, TOKEN, VALIDATION};
use super::kind::{FieldError, ServiceStackFailure};
use super::message::{member, not_bound, not_empty};
use super::shared;
use crate::error::ErrorKind;

impl ServiceStackFailure {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.parts().0
    }

    /// The name of the original's exception, or of the status.
    pub fn error_code(&self) -> &'static str {
        self.parts().1
    }

    /// What went wrong, for people. A 5xx says nothing of its cause but the name of a setting.
    pub fn message(&self) -> String {
        self.parts().2
    }

    pub(super) fn parts(&self) -> Parts {
        let (status, code) = match self {
            Self::Common(error) => return shared::parts(error),
            Self::Empty(_) | Self::Invalid(_) => (400, VALIDATION),
            Self::Unreadable { .. } | Self::Unbindable { .. } => (400, SERIALIZATION),
            Self::Nul(_)
            | Self::ExternalRedirect
            | Self::IllegalRefreshToken
            | Self::ForeignRefreshToken => (400, ARGUMENT),
            Self::NoRefreshToken => (400, "ArgumentNullException"),
            Self::InvalidAccessToken => (401, "Unauthorized"),
            Self::CrossSite | Self::InvalidToken => (403, "Forbidden"),
            Self::ExpiredRefreshToken => (403, TOKEN),
            Self::UnknownProvider(_) | Self::NoSuchOperation(_) => (404, "NotFound"),
            Self::GetDisabled => (405, "NotSupportedException"),
        };
        (status, code, self.own_message())
    }

    /// The members of the request that are to blame.
    pub fn errors(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(errors) => errors.clone(),
            Self::Empty(members) => members.iter().map(|member| not_empty(member)).collect(),
            Self::Unbindable { members, .. } => {
                members.iter().map(|member| not_bound(member)).collect()
            }
            Self::ExternalRedirect => vec![self.blame("continue")],
            Self::NoRefreshToken => vec![self.blame("refreshToken")],
            Self::Nul(path) => vec![self.blame(&member(path))],
            Self::Common(error) => match error.kind() {
                ErrorKind::Invalid(input) => vec![self.blame(input.field())],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// With what a sign-in goes on that waits for its second factor, as a map of texts.
    pub fn meta(&self) -> Option<Map<String, Value>> {
        let Self::Common(error) = self else {
            return None;
        };
        let ErrorKind::NeedsSecondFactor(waiting) = error.kind() else {
            return None;
        };
        let mut meta = Map::new();
        meta.insert("mfaToken".to_owned(), waiting.token.as_str().into());
        meta.insert("methods".to_owned(), waiting.methods.join(",").into());
        Some(meta)
    }

    fn blame(&self, field_name: &str) -> FieldError {
        FieldError {
            error_code: self.error_code(),
            field_name: field_name.to_owned(),
            message: self.message(),
        }
    }
}
