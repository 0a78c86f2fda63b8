//! Failures that the other API can meet too, in this surface's words.

use super::codes::{
    ARGUMENT, AUTHENTICATION, NO_REFRESH_TOKEN, NOT_IMPLEMENTED, Parts, SERIALIZATION, TOKEN,
    TOKEN_EXPIRED, VALIDATION,
};
use crate::error::{Error, ErrorKind, Reason};

const TWO_FACTOR: &str = "Two-factor authentication is required";

const STEP_UP: &str = "A fresh or stronger sign-in is required";

/// Status, error code and message.
pub(super) fn parts(error: &Error) -> Parts {
    let (status, code, message) = match error.kind() {
        ErrorKind::Unauthenticated(why) | ErrorKind::Rejected(why) => refusal(*why),
        ErrorKind::NoBearer | ErrorKind::BearerMalformed => {
            (401, "Unauthorized", "Not Authenticated")
        }
        ErrorKind::NoBasic => (401, "Unauthorized", "Invalid BasicAuth Credentials"),
        ErrorKind::Invalid(input) => return (400, VALIDATION, input.to_string()),
        ErrorKind::Syntax(text) => return (400, SERIALIZATION, text.clone()),
        ErrorKind::BadRequest(text) => return (400, ARGUMENT, text.clone()),
        ErrorKind::MissingParameter(name) => {
            let text = format!("Parameter '{name}' is missing or malformed");
            return (400, ARGUMENT, text);
        }
        ErrorKind::NeedsSecondFactor(_) => (401, "TwoFactorRequired", TWO_FACTOR),
        ErrorKind::StepUp { .. } => (401, AUTHENTICATION, STEP_UP),
        ErrorKind::NotAllowed => (403, "Forbidden", "Forbidden"),
        ErrorKind::NoSuchPath => (404, "NotFound", "Not Found"),
        ErrorKind::NoSuchMethod(_) => (405, NOT_IMPLEMENTED, "The method is not implemented"),
        ErrorKind::IdChanged { .. } => (400, ARGUMENT, "An id cannot be changed"),
        ErrorKind::Conflict(_) | ErrorKind::Exists(_) => (409, "Conflict", "Conflict"),
        ErrorKind::InUse(why) => (409, "Conflict", *why),
        ErrorKind::NoSuchRow { .. } => (404, "NotFound", "Not Found"),
        ErrorKind::TooLarge => (
            413,
            "RequestEntityTooLarge",
            "The request body is too large",
        ),
        ErrorKind::Timeout => (408, "RequestTimeout", "Request Timeout"),
        ErrorKind::UnsupportedMedia { .. } | ErrorKind::UnsupportedCoding(_) => {
            (415, "UnsupportedMediaType", "Unsupported Media Type")
        }
        ErrorKind::TooMany(_) => (429, "TooManyRequests", "Too Many Requests"),
        ErrorKind::NotConfigured(_) => (501, NOT_IMPLEMENTED, "Not Implemented"),
        ErrorKind::Unavailable(_) => (503, "ServiceUnavailable", "Service Unavailable"),
        ErrorKind::Misconfigured(what) => {
            return (500, "InternalServerError", format!("Misconfigured: {what}"));
        }
        ErrorKind::Internal(_) => (500, "InternalServerError", "Internal Server Error"),
    };
    (status, code, message.to_owned())
}

/// A rejection in this dialect's words: a failed sign-in has one text, without its cause.
const fn refusal(why: Reason) -> (u16, &'static str, &'static str) {
    match why {
        Reason::Unauthorized
        | Reason::MissingCredentials
        | Reason::InvalidCredentials
        | Reason::IncorrectPassword => (401, "Unauthorized", "Invalid Username or Password"),
        Reason::AccessDenied => (401, "Unauthorized", "Access Denied"),
        Reason::ClientInvalid => (401, AUTHENTICATION, "Client Invalid"),
        Reason::ClientUserMissing => (401, AUTHENTICATION, "Client User Missing"),
        Reason::UserNotActive => (401, AUTHENTICATION, "User not active yet"),
        Reason::CodeExpired | Reason::TokenExpired | Reason::BearerExpired => {
            (401, TOKEN, TOKEN_EXPIRED)
        }
        Reason::TokenRevoked => (401, TOKEN, "Token has been invalidated"),
        Reason::TokenInvalid => (400, ARGUMENT, "Token is invalid"),
        Reason::TokenMissing => (400, "ArgumentNullException", NO_REFRESH_TOKEN),
        Reason::PasswordInvalid => (400, ARGUMENT, "PasswordInvalid"),
        Reason::SamePassword => (
            400,
            ARGUMENT,
            "Password cannot be same as previous password!",
        ),
        Reason::ExternalUser => (400, ARGUMENT, "PasswordCannotBeChangedForExternalUser"),
        Reason::InvalidEmail => (400, ARGUMENT, "Invalid Email"),
        Reason::SecondFactorMissing => (401, "TwoFactorRequired", TWO_FACTOR),
        Reason::SecondFactorWrong | Reason::PasskeyInvalid => {
            (401, "Unauthorized", "Invalid two-factor code")
        }
        Reason::NoSecondFactor => (400, ARGUMENT, "Two-factor authentication is not enabled"),
    }
}
