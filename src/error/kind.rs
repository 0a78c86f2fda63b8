//! The failures, in no dialect.

use super::invalid_input::InvalidInput;
use super::reason::Reason;
use super::second_factor::SecondFactor;

/// What went wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ErrorKind {
    /// A parameter or field breaks its rule.
    #[error(transparent)]
    Invalid(#[from] InvalidInput),
    /// The body is not readable text of its type; the parser's words.
    #[error("unreadable body: {0}")]
    Syntax(String),
    /// A required parameter is absent or empty.
    #[error("the parameter {0} is missing")]
    MissingParameter(&'static str),
    /// The body's media type is not one that the endpoint reads.
    #[error("the media type is not {expected}")]
    UnsupportedMedia {
        /// The `Content-Type`.
        got: String,
        /// The media type that the endpoint reads.
        expected: &'static str,
    },
    /// The body has a content coding that is not decoded; the `Content-Encoding`.
    #[error("unsupported content coding")]
    UnsupportedCoding(String),
    /// The body exceeds the limit of bytes.
    #[error("the body is too large")]
    TooLarge,
    /// The body's end did not arrive in time.
    #[error("the body's end did not arrive in time")]
    Timeout,
    /// The client, the user or the bearer is not authenticated.
    #[error("not authenticated: {0}")]
    Unauthenticated(Reason),
    /// The operation itself rejects what an authenticated caller presents.
    #[error("rejected: {0}")]
    Rejected(Reason),
    /// The first factor is proven, and the sign-in waits for the second.
    #[error("the sign-in waits for its second factor")]
    NeedsSecondFactor(SecondFactor),
    /// The operation needs a stronger or fresher authentication (RFC 9470 §3).
    #[error("needs {acr}")]
    StepUp {
        /// The level, as `acr_values` has it.
        acr: &'static str,
        /// Its greatest age in seconds, where it must be fresh.
        max_age: Option<u32>,
    },
    /// The request has no bearer token.
    #[error("no bearer token")]
    NoBearer,
    /// The `Authorization` header is not two words.
    #[error("malformed Authorization header")]
    BearerMalformed,
    /// HTTP Basic does not authenticate a client.
    #[error("HTTP Basic authenticates no client")]
    NoBasic,
    /// The authenticated caller lacks the permission.
    #[error("not permitted")]
    NotAllowed,
    /// No route has the path.
    #[error("no such path")]
    NoSuchPath,
    /// The path has no such method; the methods it has.
    #[error("no such method")]
    NoSuchMethod(Vec<&'static str>),
    /// A uniqueness rule would be broken; the columns, never the values.
    #[error("{0} not unique")]
    Conflict(&'static str),
    /// What is to be created exists.
    #[error("{0} exists already")]
    Exists(&'static str),
    /// What is to be deleted is in use, or would leave nothing in its place; why.
    #[error("{0}")]
    InUse(&'static str),
    /// The row that a request names does not exist, as far as the caller may know.
    #[error("no {entity} {id}")]
    NoSuchRow {
        /// The model's name.
        entity: &'static str,
        /// The id of the request.
        id: String,
    },
    /// The body names another row than the path.
    #[error("the id {from} cannot change")]
    IdChanged {
        /// The row's id.
        from: String,
        /// The body's, as it was written.
        to: String,
    },
    /// The operation cannot use the request; why.
    #[error("{0}")]
    BadRequest(String),
    /// Too many attempts; seconds until another may succeed.
    #[error("too many attempts")]
    TooMany(u32),
    /// The operation needs a setting that the deployment lacks; its name, for the log.
    #[error("not configured: {0}")]
    NotConfigured(&'static str),
    /// Storage or a provider does not answer; what failed, for the log.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A setting is missing or malformed: its name, and what is wrong with it.
    #[error("misconfigured: {0}")]
    Misconfigured(String),
    /// Anything else; what failed, for the log.
    #[error("internal: {0}")]
    Internal(String),
}

impl ErrorKind {
    /// Whether the failure is the service's, not the caller's: the operator reads it in the log.
    pub const fn is_server_error(&self) -> bool {
        matches!(
            self,
            Self::NotConfigured(_)
                | Self::Unavailable(_)
                | Self::Misconfigured(_)
                | Self::Internal(_)
        )
    }
}
