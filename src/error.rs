//! Every way a request can fail, and the status each one has.
//!
//! The texts are those of the original service (README, "Differences"); how they are laid out
//! on the wire belongs to the dialects in [`crate::wire`].

use serde::Serialize;
use serde_json::{Value, json};

/// Why a request failed: each variant is something a caller can meet.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// The body does not fit its model (422, `VALIDATION_FAILED`).
    Invalid(Vec<Detail>),
    /// The body is not readable text of its type (400); the parser's words.
    Syntax(String),
    /// A required query parameter is absent or empty (400).
    MissingParameter(&'static str),
    /// A parameter cannot be read as what it should be (400).
    BadParameter {
        /// The parameter's name.
        name: &'static str,
        /// What was sent, as it was sent.
        value: String,
        /// A list of [`Detail`] or `{"syntaxError": …}`; null for none.
        details: Value,
    },
    /// The body's type is not one the endpoint reads (415).
    UnsupportedMedia {
        /// What was sent.
        got: String,
        /// What would have been read.
        expected: &'static str,
    },
    /// The body is over 1,048,576 bytes (413).
    TooLarge,
    /// The caller was refused while proving who it is: 401, with the message nested.
    Strategy(Why),
    /// The caller was refused by the operation itself, with the message flat.
    Refused(Why),
    /// No bearer token came with the request (401).
    NoBearer,
    /// The `Authorization` header is not two words (401, numeric message).
    BearerMalformed,
    /// HTTP Basic did not prove a client (401, with a challenge).
    NoBasic,
    /// Signed in, but without the permission (403).
    NotAllowed,
    /// No such path (404).
    NoSuchPath,
    /// The path exists, but not with this method (405); the methods it has.
    NoSuchMethod(Vec<&'static str>),
    /// A named row does not exist (404, `ENTITY_NOT_FOUND`).
    EntityNotFound {
        /// The table's name, as the original spells it.
        entity: &'static str,
        /// The id that was asked for.
        id: String,
    },
    /// Reading one row that does not exist (404, without a code).
    NoEntity,
    /// A uniqueness rule would be broken (409); the columns, never the values.
    Conflict(&'static str),
    /// A body names another row than the path does (400).
    IdChanged {
        /// The row's id.
        from: i64,
        /// The body's, as a JSON number.
        to: String,
    },
    /// A 400 of the operation itself, in its own words.
    BadRequest(String),
    /// Too many attempts (429); seconds until another is worth making.
    TooMany(u32),
    /// The deployment has not been given what this needs (501); the setting, for the log.
    NotConfigured(&'static str),
    /// Storage or a provider does not answer (503); what failed, for the log.
    Unavailable(String),
    /// A setting is missing or malformed (500): its name, and what is wrong with it.
    Misconfigured(String),
    /// Anything else (500); what failed, for the log.
    Internal(String),
}

/// One entry of a 422's or a filter error's `details`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detail {
    /// JSON pointer to the offending value; empty for the whole body.
    pub path: String,
    /// The JSON schema keyword that was broken.
    pub code: &'static str,
    /// What is wrong, in AJV's words.
    pub message: String,
    /// The keyword's parameters.
    pub info: Value,
}

impl Detail {
    /// A required property is absent.
    pub fn required(property: &str) -> Self {
        Self {
            path: String::new(),
            code: "required",
            message: format!("must have required property '{property}'"),
            info: json!({ "missingProperty": property }),
        }
    }

    /// A closed model was sent a property it does not have.
    pub fn additional(path: &str, property: &str) -> Self {
        Self {
            path: path.to_owned(),
            code: "additionalProperties",
            message: "must NOT have additional properties".to_owned(),
            info: json!({ "additionalProperty": property }),
        }
    }

    /// A value has another JSON type than its property.
    pub fn wrong_type(path: &str, kind: &str) -> Self {
        Self {
            path: path.to_owned(),
            code: "type",
            message: format!("must be {kind}"),
            info: json!({ "type": kind }),
        }
    }

    /// A string is not of its format.
    pub fn wrong_format(path: &str, format: &str) -> Self {
        Self {
            path: path.to_owned(),
            code: "format",
            message: format!("must match format \"{format}\""),
            info: json!({ "format": format }),
        }
    }

    /// A string does not match the pattern or rule its property has.
    pub fn pattern(path: &str, message: &str) -> Self {
        Self {
            path: path.to_owned(),
            code: "pattern",
            message: message.to_owned(),
            info: json!({}),
        }
    }

    /// A number is smaller than its property allows.
    pub fn minimum(path: &str, limit: i64) -> Self {
        Self::bound(path, "minimum", ">=", limit)
    }

    /// A number is larger than its property allows.
    pub fn maximum(path: &str, limit: i64) -> Self {
        Self::bound(path, "maximum", "<=", limit)
    }

    fn bound(path: &str, code: &'static str, comparison: &str, limit: i64) -> Self {
        Self {
            path: path.to_owned(),
            code,
            message: format!("must be {comparison} {limit}"),
            info: json!({ "comparison": comparison, "limit": limit }),
        }
    }

    /// A string has fewer characters than its property needs.
    pub fn too_short(path: &str, limit: usize) -> Self {
        Self {
            path: path.to_owned(),
            code: "minLength",
            message: format!("must NOT have fewer than {limit} characters"),
            info: json!({ "limit": limit }),
        }
    }

    /// A string has more characters than its property allows.
    pub fn too_long(path: &str, limit: usize) -> Self {
        Self {
            path: path.to_owned(),
            code: "maxLength",
            message: format!("must NOT have more than {limit} characters"),
            info: json!({ "limit": limit }),
        }
    }
}

/// The original's literal reasons for a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Client credentials are empty or missing, or HTTP Basic is wrong.
    Unauthorized,
    /// The client is unknown, its secret is wrong, or it is not allowed for this user.
    ClientInvalid,
    /// The user may sign in to no client at all.
    ClientUserMissing,
    /// Username or password is empty.
    MissingCredentials,
    /// Whatever else is wrong with a sign-in: one answer for all of it.
    InvalidCredentials,
    /// The user has registered but is not active yet.
    UserNotActive,
    /// The code has been used, or its time is over.
    CodeExpired,
    /// The refresh, reset or sign-up secret is unknown, used up or too old.
    TokenExpired,
    /// The secret belongs to somebody or something else.
    TokenInvalid,
    /// A required secret is absent.
    TokenMissing,
    /// An access or sign-up token is forged, foreign or expired (one word, unlike `TokenExpired`).
    BearerExpired,
    /// The session behind the token is over.
    TokenRevoked,
    /// A new password, or the old one that must accompany it, is absent.
    PasswordInvalid,
    /// The old password is wrong.
    IncorrectPassword,
    /// The new password is the present one.
    SamePassword,
    /// The user has no password here to change.
    ExternalUser,
    /// The caller acts for somebody else.
    NotAllowedAccess,
    /// The provider's user refused.
    AccessDenied,
    /// The address is not the invited one.
    InvalidEmail,
}

impl Why {
    /// The literal text of the original.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unauthorized => "Unauthorized",
            Self::ClientInvalid => "Client Invalid",
            Self::ClientUserMissing => "Client User Missing",
            Self::MissingCredentials => "Missing credentials",
            Self::InvalidCredentials => "Invalid Credentials",
            Self::UserNotActive => "User not active yet",
            Self::CodeExpired => "Code Expired",
            Self::TokenExpired => "Token Expired",
            Self::TokenInvalid => "Token Invalid",
            Self::TokenMissing => "TokenMissing",
            Self::BearerExpired => "TokenExpired",
            Self::TokenRevoked => "TokenRevoked",
            Self::PasswordInvalid => "PasswordInvalid",
            Self::IncorrectPassword => "Incorrect Password",
            Self::SamePassword => "Password cannot be same as previous password!",
            Self::ExternalUser => "PasswordCannotBeChangedForExternalUser",
            Self::NotAllowedAccess => "NotAllowedAccess",
            Self::AccessDenied => "Access Denied",
            Self::InvalidEmail => "Invalid Email",
        }
    }

    /// The status of a flat refusal; a nested one is always 401.
    pub const fn status(self) -> u16 {
        match self {
            Self::UserNotActive
            | Self::PasswordInvalid
            | Self::ExternalUser
            | Self::InvalidEmail => 400,
            Self::NotAllowedAccess => 403,
            Self::ClientUserMissing | Self::TokenMissing => 422,
            _ => 401,
        }
    }
}

impl Error {
    /// The status code that goes with the failure, in every dialect.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Syntax(_)
            | Self::MissingParameter(_)
            | Self::BadParameter { .. }
            | Self::IdChanged { .. }
            | Self::BadRequest(_) => 400,
            Self::Strategy(_) | Self::NoBearer | Self::BearerMalformed | Self::NoBasic => 401,
            Self::Refused(why) => why.status(),
            Self::NotAllowed => 403,
            Self::NoSuchPath | Self::EntityNotFound { .. } | Self::NoEntity => 404,
            Self::NoSuchMethod(_) => 405,
            Self::Conflict(_) => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMedia { .. } => 415,
            Self::Invalid(_) => 422,
            Self::TooMany(_) => 429,
            Self::Misconfigured(_) | Self::Internal(_) => 500,
            Self::NotConfigured(_) => 501,
            Self::Unavailable(_) => 503,
        }
    }

    /// What the operator should read in the log; nothing for failures that are the caller's.
    pub fn log_text(&self) -> Option<String> {
        match self {
            Self::Internal(what) => Some(format!("internal: {what}")),
            Self::Unavailable(what) => Some(format!("unavailable: {what}")),
            Self::Misconfigured(what) => Some(format!("misconfigured: {what}")),
            Self::NotConfigured(setting) => Some(format!("not configured: {setting}")),
            _ => None,
        }
    }
}
