//! Every way a request can fail, and the status each one has.
//!
//! The texts are those of the original service (docs/differences.md says where not); how they are laid out
//! on the wire belongs to the dialects in [`crate::wire`].

mod detail;
mod reason;

use serde_json::Value;

pub use detail::Detail;
pub use reason::Reason;

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
    /// The body is coded in a way that is not decoded (415); the `Content-Encoding`.
    UnsupportedCoding(String),
    /// The body is over the limit of bytes (413).
    TooLarge,
    /// The body's end did not come in time (408).
    Timeout,
    /// The caller was refused while proving who it is: 401, with the message nested.
    Strategy(Reason),
    /// The caller was refused by the operation itself, with the message flat.
    Refused(Reason),
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
            Self::Timeout => 408,
            Self::TooLarge => 413,
            Self::UnsupportedMedia { .. } | Self::UnsupportedCoding(_) => 415,
            Self::Invalid(_) => 422,
            Self::TooMany(_) => 429,
            Self::Misconfigured(_) | Self::Internal(_) => 500,
            Self::NotConfigured(_) => 501,
            Self::Unavailable(_) => 503,
        }
    }

    /// A setting that cannot be used, and what it must be; its value stays out of it.
    pub fn malformed_setting(name: &str, expected: &str) -> Self {
        Self::Misconfigured(format!("{name} must be {expected}"))
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
