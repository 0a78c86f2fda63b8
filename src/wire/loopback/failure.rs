//! Every way an operation of the ARC API can fail: what every dialect can meet, and what only
//! LoopBack's bodies, parameters and rows can.

use serde_json::Value;

use super::detail::Detail;
use crate::error::{Error, ErrorKind, InvalidInput, Reason};
use crate::wire::document::Malformed;

/// Why an operation failed.
#[derive(Debug, Clone, PartialEq)]
pub enum LoopbackFailure {
    /// Met by every dialect.
    Common(Error),
    /// The body does not fit its model (422, `VALIDATION_FAILED`).
    InvalidBody(Vec<Detail>),
    /// A parameter cannot be read as its type (400).
    InvalidParameter(Box<InvalidParameter>),
    /// The row to read does not exist (404, without a code).
    NoEntity,
}

/// A parameter that cannot be read as its type.
#[derive(Debug, Clone, PartialEq)]
pub struct InvalidParameter {
    /// The parameter's name.
    pub name: &'static str,
    /// The value as it was sent.
    pub value: String,
    /// A list of [`Detail`] or `{"syntaxError": …}`; null for none.
    pub details: Value,
}

impl LoopbackFailure {
    /// A sign-in that `POST /auth/login-token` rejects. There the authentication strategy decides whether
    /// the user belongs to the client, and the operation rejects an empty username or password; in
    /// `POST /auth/login` it is the other way round.
    pub fn of_resource_owner(error: Error) -> Self {
        Self::Common(match error.kind() {
            ErrorKind::Unauthenticated(Reason::MissingCredentials) => {
                ErrorKind::Rejected(Reason::Unauthorized).into()
            }
            ErrorKind::Rejected(Reason::ClientInvalid) => {
                ErrorKind::Unauthenticated(Reason::ClientInvalid).into()
            }
            _ => error,
        })
    }

    /// What was met that every dialect can meet.
    pub const fn common(&self) -> Option<&ErrorKind> {
        match self {
            Self::Common(error) => Some(error.kind()),
            _ => None,
        }
    }
}

impl From<Error> for LoopbackFailure {
    fn from(error: Error) -> Self {
        Self::Common(error)
    }
}

impl From<ErrorKind> for LoopbackFailure {
    fn from(kind: ErrorKind) -> Self {
        Self::Common(kind.into())
    }
}

impl From<InvalidParameter> for LoopbackFailure {
    fn from(parameter: InvalidParameter) -> Self {
        Self::InvalidParameter(Box::new(parameter))
    }
}

impl From<InvalidInput> for LoopbackFailure {
    fn from(input: InvalidInput) -> Self {
        Self::Common(input.into())
    }
}

impl From<Malformed> for LoopbackFailure {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::Syntax(reason) => ErrorKind::Syntax(reason.into_owned()).into(),
            Malformed::Nul(path) => Self::InvalidBody(vec![Detail::nul(&path)]),
        }
    }
}
