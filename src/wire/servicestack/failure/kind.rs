//! What can fail.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind, Reason};

/// Why a call failed: what only this surface can meet, or what both can.
#[derive(Debug, Clone, PartialEq)]
pub enum ServiceStackFailure {
    /// Met by the other API too.
    Common(Error),
    /// Members have values that they may not have.
    Invalid(Vec<FieldError>),
    /// Members that must have text have none; their declared names.
    Empty(Vec<&'static str>),
    /// The body is not a document of its format.
    Unreadable {
        /// The media type it was read as.
        media: &'static str,
        /// The DTO it should have been.
        request: &'static str,
        /// What is wrong with it.
        reason: Cow<'static, str>,
    },
    /// Members have values that are not of their type; their declared names.
    Unbindable {
        /// The DTO they belong to.
        request: &'static str,
        /// The members.
        members: Vec<&'static str>,
    },
    /// A text of the body has U+0000; the JSON pointer to it.
    Nul(String),
    /// There is no way to sign in by this name.
    UnknownProvider(String),
    /// There is no DTO by this name.
    NoSuchOperation(String),
    /// Credentials came in a GET, where logs and histories keep them.
    GetDisabled,
    /// The return URL leads to another origin.
    ExternalRedirect,
    /// A browser sent this for a page of another site.
    CrossSite,
    /// The provider's token is invalid, was issued to another app, or authenticates no account.
    InvalidAccessToken,
    /// The JWT that was to be verified is not ours.
    InvalidToken,
    /// There is no refresh token, in the body or in a cookie.
    NoRefreshToken,
    /// The refresh token is ours, but has expired, or its session is over or unknown. Not 401: at
    /// that the Java client asks again without end.
    ExpiredRefreshToken,
    /// The refresh token is not ours, and is not even base64url.
    IllegalRefreshToken,
    /// The refresh token is not ours.
    ForeignRefreshToken,
}

/// One entry of `errors[]`: a member of the request and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The rule that was broken.
    pub error_code: &'static str,
    /// The member's declared name.
    pub field_name: String,
    /// What is wrong, for people.
    pub message: String,
}

impl From<Error> for ServiceStackFailure {
    fn from(error: Error) -> Self {
        Self::Common(error)
    }
}

impl From<ErrorKind> for ServiceStackFailure {
    fn from(kind: ErrorKind) -> Self {
        Self::Common(kind.into())
    }
}

impl ServiceStackFailure {
    /// The failure of a refresh token that this service did not issue: the original distinguishes two.
    pub fn foreign_refresh_token(token: &str) -> Self {
        let legal = |part: &str| {
            part.len() % 4 != 1
                && part
                    .chars()
                    .all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '='))
        };
        if token.split('.').all(legal) {
            Self::ForeignRefreshToken
        } else {
            Self::IllegalRefreshToken
        }
    }

    /// The failure of a provider's token that authenticates no account.
    pub fn of_access_token(error: Error) -> Self {
        match error.kind() {
            ErrorKind::Unauthenticated(Reason::InvalidCredentials) => Self::InvalidAccessToken,
            _ => Self::Common(error),
        }
    }
}
