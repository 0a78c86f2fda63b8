//! Every way a ServiceStack call can fail, as that surface names it: status, error code, words.

mod message;
mod shared;

use std::borrow::Cow;

use crate::error::{Error, Reason};

/// Why a call failed: what only this surface can meet, or what both can.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// Met by the other API too.
    Common(Error),
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
    /// The return URL leads to somebody else.
    ExternalRedirect,
    /// A browser sent this for a page of another site.
    CrossSite,
    /// The provider's token is wrong, was issued to another app, or is of nobody here.
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

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Common(error)
    }
}

/// Status, error code and message.
type Parts = (u16, &'static str, String);

const ARGUMENT: &str = "ArgumentException";
const VALIDATION: &str = "ValidationException";
const SERIALIZATION: &str = "SerializationException";
const NOT_IMPLEMENTED: &str = "NotImplementedException";
const TOKEN: &str = "TokenException";

impl Failure {
    /// What to say of a refresh token that we did not issue: the original tells two kinds apart.
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

    /// What to say where a provider's token signs nobody in, whatever is wrong with it or them.
    pub fn of_access_token(error: Error) -> Self {
        match error {
            Error::Strategy(Reason::InvalidCredentials) => Self::InvalidAccessToken,
            other => Self::Common(other),
        }
    }

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

    fn parts(&self) -> Parts {
        let (status, code) = match self {
            Self::Common(error) => return shared::parts(error),
            Self::Empty(_) => (400, VALIDATION),
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Detail;

    fn parts(failure: impl Into<Failure>) -> (u16, &'static str, String) {
        failure.into().parts()
    }

    #[test]
    fn a_failed_sign_in_is_one_answer() {
        let wrong = parts(Error::Strategy(Reason::InvalidCredentials));
        assert_eq!(
            wrong,
            (
                401,
                "Unauthorized",
                "Invalid Username or Password".to_owned()
            )
        );
        assert_eq!(parts(Error::Refused(Reason::InvalidCredentials)), wrong);
    }

    #[test]
    fn tokens_fail_with_the_originals_words() {
        let failed = |error: &Error| (parts(error.clone()).1, parts(error.clone()).2);
        let expired = ("TokenException", "Token has expired".to_owned());
        assert_eq!(failed(&Error::Refused(Reason::TokenExpired)), expired);
        assert_eq!(failed(&Error::Strategy(Reason::BearerExpired)), expired);
        assert_eq!(
            failed(&Error::Strategy(Reason::TokenRevoked)),
            ("TokenException", "Token has been invalidated".to_owned())
        );
    }

    #[test]
    fn a_dead_refresh_token_is_403_so_that_no_client_asks_again() {
        let (status, code, message) = parts(Failure::ExpiredRefreshToken);
        assert_eq!((status, code), (403, "TokenException"));
        assert_eq!(message, "Token has expired");
    }

    #[test]
    fn a_foreign_refresh_token_is_illegal_or_invalid() {
        let judged = |text| Failure::foreign_refresh_token(text).message();
        assert_eq!(judged("Invalid.Refresh.Token"), "Illegal base64url string!");
        assert_eq!(judged("ab!"), "Illegal base64url string!");
        assert_eq!(judged("abcd.efgh.ijkl"), "Token is invalid");
    }

    #[test]
    fn empty_members_are_named_and_the_first_is_the_message() {
        let failure = Failure::Empty(vec!["UserName", "Password"]);
        assert_eq!(
            parts(failure.clone()),
            (
                400,
                "ValidationException",
                "'User Name' must not be empty.".to_owned()
            )
        );
        let errors = failure.errors();
        let fields: Vec<&str> = errors
            .iter()
            .map(|error| error.field_name.as_str())
            .collect();
        assert_eq!(fields, ["UserName", "Password"]);
        assert!(errors.iter().all(|error| error.error_code == "NotEmpty"));
    }

    #[test]
    fn what_an_error_repeats_of_the_request_is_harmless_and_short() {
        let failure = Failure::UnknownProvider("<b>git-hub</b>'\r\n\u{202e}".to_owned());
        assert_eq!(
            failure.message(),
            "No configuration was added for OAuth provider 'bgit-hub/b'"
        );
        let long = Failure::NoSuchOperation("x".repeat(10_000)).message();
        assert!(long.len() < 150, "{}", long.len());
    }

    #[test]
    fn a_5xx_tells_nothing_of_its_cause() {
        let secret = "disk on fire";
        for error in [
            Error::Internal(secret.to_owned()),
            Error::Unavailable(secret.to_owned()),
            Error::NotConfigured("SERVICESTACK_CLIENT_ID"),
        ] {
            let (status, code, message) = parts(error.clone());
            assert_eq!(status, error.status());
            assert!(
                !message.contains(secret) && !message.contains("SERVICESTACK"),
                "{message}"
            );
            assert!(!code.is_empty());
        }
        assert_eq!(
            parts(Error::NotConfigured("X")).1,
            "NotImplementedException"
        );
        assert_eq!(
            parts(Error::Misconfigured("JWT_KEYS is missing".to_owned())).2,
            "Misconfigured: JWT_KEYS is missing"
        );
    }

    #[test]
    fn details_become_field_errors_of_a_400() {
        let failure = Failure::from(Error::Invalid(vec![Detail::too_short("/password", 8)]));
        assert_eq!(failure.status(), 400);
        let errors = failure.errors();
        assert_eq!(errors.len(), 1);
        assert!(
            errors
                .iter()
                .all(|error| error.field_name == "password" && error.error_code == "minLength")
        );
    }

    #[test]
    fn an_external_redirect_blames_continue() {
        let errors = Failure::ExternalRedirect.errors();
        assert_eq!(
            errors.first().map(|error| error.field_name.as_str()),
            Some("continue")
        );
        assert_eq!(Failure::ExternalRedirect.error_code(), "ArgumentException");
    }
}
