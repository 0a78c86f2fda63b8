//! Every way an operation of the ARC API can fail: what every dialect can meet, and what only
//! LoopBack's bodies, parameters and rows can.

use serde_json::Value;

use super::detail::Detail;
use crate::error::{Error, InvalidInput, Reason};
use crate::wire::document::Malformed;

/// Why an operation failed.
#[derive(Debug, Clone, PartialEq)]
pub enum LoopbackFailure {
    /// Met by every dialect.
    Common(Error),
    /// The body does not fit its model (422, `VALIDATION_FAILED`).
    InvalidBody(Vec<Detail>),
    /// A parameter cannot be read as its type (400).
    InvalidParameter {
        /// The parameter's name.
        name: &'static str,
        /// The value as it was sent.
        value: String,
        /// A list of [`Detail`] or `{"syntaxError": …}`; null for none.
        details: Value,
    },
    /// The row to read does not exist (404, without a code).
    NoEntity,
}

impl LoopbackFailure {
    /// A sign-in that `POST /auth/login-token` rejects. There the authentication strategy decides whether
    /// the user belongs to the client, and the operation rejects an empty username or password; in
    /// `POST /auth/login` it is the other way round.
    pub fn of_resource_owner(error: Error) -> Self {
        Self::Common(match error {
            Error::Unauthenticated(Reason::MissingCredentials) => {
                Error::Rejected(Reason::Unauthorized)
            }
            Error::Rejected(Reason::ClientInvalid) => Error::Unauthenticated(Reason::ClientInvalid),
            other => other,
        })
    }
}

impl From<Error> for LoopbackFailure {
    fn from(error: Error) -> Self {
        Self::Common(error)
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
            Malformed::Syntax(reason) => Error::Syntax(reason.into_owned()).into(),
            Malformed::Nul(path) => Self::InvalidBody(vec![Detail::nul(&path)]),
        }
    }
}
