//! Every way a ServiceStack call can fail, as that surface names it: status, error code, words.

use crate::error::{Error, Why};

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
        reason: &'static str,
    },
    /// Members have values that are not of their type; their declared names.
    Unbindable {
        /// The DTO they belong to.
        request: &'static str,
        /// The members.
        members: Vec<&'static str>,
    },
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
    /// The provider's access token is wrong, or was issued to another app.
    InvalidAccessToken,
    /// The JWT that was to be verified is not ours.
    InvalidToken,
    /// There is no refresh token, in the body or in a cookie.
    NoRefreshToken,
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

const GET_DISABLED: &str = "GET Authenticate requests are disabled, to enable set \
    AuthFeature.AllowGetAuthenticateRequests = req => true";
const NO_REFRESH_TOKEN: &str = "Value cannot be null. (Parameter 'refreshToken')";
const ARGUMENT: &str = "ArgumentException";
const VALIDATION: &str = "ValidationException";
const SERIALIZATION: &str = "SerializationException";
const NOT_IMPLEMENTED: &str = "NotImplementedException";
const TOKEN: &str = "TokenException";

/// The longest part of a name from the request that an error repeats, in characters.
const MAX_ECHO: usize = 64;

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

    /// Status, error code and message of `servicestack-behaviour` §2.12, in one table.
    fn parts(&self) -> (u16, &'static str, String) {
        let (status, code, message) = match self {
            Self::Common(error) => return common(error),
            Self::Empty(_) => {
                let first = self.errors().into_iter().next();
                return (
                    400,
                    VALIDATION,
                    first.map(|error| error.message).unwrap_or_default(),
                );
            }
            Self::Unreadable {
                media,
                request,
                reason,
            } => {
                let message =
                    format!("Could not deserialize '{media}' request using {request}: {reason}");
                return (400, SERIALIZATION, message);
            }
            Self::Unbindable { request, .. } => {
                return (
                    400,
                    SERIALIZATION,
                    format!("Unable to bind to request '{request}'"),
                );
            }
            Self::UnknownProvider(name) => {
                let name = echo(name);
                let message = format!("No configuration was added for OAuth provider '{name}'");
                return (404, "NotFound", message);
            }
            Self::NoSuchOperation(name) => {
                let message = format!(
                    "The operation '{}' does not exist for this service",
                    echo(name)
                );
                return (404, "NotFound", message);
            }
            Self::GetDisabled => (405, "NotSupportedException", GET_DISABLED),
            Self::ExternalRedirect => (400, ARGUMENT, "External Redirects are not permitted"),
            Self::CrossSite => (403, "Forbidden", "Cross-site requests are not permitted"),
            Self::InvalidAccessToken => (401, "Unauthorized", "AccessToken is Invalid"),
            Self::InvalidToken => (403, "Forbidden", "Token is invalid"),
            Self::NoRefreshToken => (400, "ArgumentNullException", NO_REFRESH_TOKEN),
            Self::IllegalRefreshToken => (400, ARGUMENT, "Illegal base64url string!"),
            Self::ForeignRefreshToken => (400, ARGUMENT, "Token is invalid"),
        };
        (status, code, message.to_owned())
    }

    /// The members of the request that are to blame.
    pub fn errors(&self) -> Vec<FieldError> {
        match self {
            Self::Empty(members) => members.iter().map(|member| not_empty(member)).collect(),
            Self::Unbindable { members, .. } => {
                members.iter().map(|member| not_bound(member)).collect()
            }
            Self::ExternalRedirect => vec![self.blame("continue")],
            Self::NoRefreshToken => vec![self.blame("refreshToken")],
            Self::Common(Error::Invalid(details)) => details
                .iter()
                .map(|detail| FieldError {
                    error_code: detail.code,
                    field_name: detail.path.trim_start_matches('/').to_owned(),
                    message: detail.message.clone(),
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    fn blame(&self, field_name: &str) -> FieldError {
        FieldError {
            error_code: self.error_code(),
            field_name: field_name.to_owned(),
            message: self.message(),
        }
    }
}

/// Status, error code and message of a failure that the other API can meet too.
fn common(error: &Error) -> (u16, &'static str, String) {
    let (status, code, message) = match error {
        Error::Strategy(why) | Error::Refused(why) => refusal(*why),
        Error::NoBearer | Error::BearerMalformed => (401, "Unauthorized", "Not Authenticated"),
        Error::NoBasic => (401, "Unauthorized", "Invalid BasicAuth Credentials"),
        Error::Invalid(details) => {
            let first = details.first().map(|detail| detail.message.clone());
            return (400, VALIDATION, first.unwrap_or_default());
        }
        Error::Syntax(text) => return (400, SERIALIZATION, text.clone()),
        Error::BadRequest(text) => return (400, ARGUMENT, text.clone()),
        Error::MissingParameter(name) | Error::BadParameter { name, .. } => {
            return (
                400,
                ARGUMENT,
                format!("Parameter '{name}' is missing or malformed"),
            );
        }
        Error::NotAllowed => (403, "Forbidden", "Forbidden"),
        Error::NoSuchPath | Error::EntityNotFound { .. } | Error::NoEntity => {
            (404, "NotFound", "Not Found")
        }
        Error::NoSuchMethod(_) => (405, NOT_IMPLEMENTED, "The method is not implemented"),
        Error::Conflict(_) => (409, "Conflict", "Conflict"),
        Error::TooLarge => (
            413,
            "RequestEntityTooLarge",
            "The request body is too large",
        ),
        Error::UnsupportedMedia { .. } => (415, "UnsupportedMediaType", "Unsupported Media Type"),
        Error::TooMany(_) => (429, "TooManyRequests", "Too Many Requests"),
        Error::NotConfigured(_) => (501, NOT_IMPLEMENTED, "Not Implemented"),
        Error::Unavailable(_) => (503, "ServiceUnavailable", "Service Unavailable"),
        Error::Misconfigured(what) => {
            return (500, "InternalServerError", format!("Misconfigured: {what}"));
        }
        Error::Internal(_) => (500, "InternalServerError", "Internal Server Error"),
    };
    (status, code, message.to_owned())
}

/// A refusal in this surface's words: whatever is wrong with a sign-in is one answer.
const fn refusal(why: Why) -> (u16, &'static str, &'static str) {
    match why {
        Why::Unauthorized
        | Why::MissingCredentials
        | Why::InvalidCredentials
        | Why::IncorrectPassword => (401, "Unauthorized", "Invalid Username or Password"),
        Why::AccessDenied => (401, "Unauthorized", why.text()),
        Why::ClientInvalid | Why::ClientUserMissing | Why::UserNotActive => {
            (401, "AuthenticationException", why.text())
        }
        Why::CodeExpired | Why::TokenExpired | Why::BearerExpired => {
            (401, TOKEN, "Token has expired")
        }
        Why::TokenRevoked => (401, TOKEN, "Token has been invalidated"),
        Why::TokenInvalid => (400, ARGUMENT, "Token is invalid"),
        Why::TokenMissing => (400, "ArgumentNullException", NO_REFRESH_TOKEN),
        Why::NotAllowedAccess => (403, "Forbidden", "Forbidden"),
        Why::PasswordInvalid | Why::SamePassword | Why::ExternalUser | Why::InvalidEmail => {
            (400, ARGUMENT, why.text())
        }
    }
}

fn not_empty(member: &str) -> FieldError {
    FieldError {
        error_code: "NotEmpty",
        field_name: member.to_owned(),
        message: format!("'{}' must not be empty.", spaced(member)),
    }
}

fn not_bound(member: &str) -> FieldError {
    FieldError {
        error_code: SERIALIZATION,
        field_name: member.to_owned(),
        message: format!("The value of '{member}' is not of its type"),
    }
}

/// `UserName` as `User Name`.
fn spaced(member: &str) -> String {
    let mut words = String::new();
    for char in member.chars() {
        if char.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(char);
    }
    words
}

/// What an error may repeat of a name in the request.
fn echo(name: &str) -> String {
    name.chars()
        .filter(|char| char.is_alphanumeric() || "_ .,@-+\\/".contains(*char))
        .take(MAX_ECHO)
        .collect()
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
        let wrong = parts(Error::Strategy(Why::InvalidCredentials));
        assert_eq!(
            wrong,
            (
                401,
                "Unauthorized",
                "Invalid Username or Password".to_owned()
            )
        );
        assert_eq!(parts(Error::Refused(Why::InvalidCredentials)), wrong);
    }

    #[test]
    fn tokens_fail_with_the_originals_words() {
        let failed = |error: &Error| (parts(error.clone()).1, parts(error.clone()).2);
        let expired = ("TokenException", "Token has expired".to_owned());
        assert_eq!(failed(&Error::Refused(Why::TokenExpired)), expired);
        assert_eq!(failed(&Error::Strategy(Why::BearerExpired)), expired);
        assert_eq!(
            failed(&Error::Strategy(Why::TokenRevoked)),
            ("TokenException", "Token has been invalidated".to_owned())
        );
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
