//! Why a request to the OAuth endpoints fails: the error code of a standard, and words for the
//! client's developer.

use crate::error::{Error, ErrorKind};

/// An error code, as the `error` parameter has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// A parameter is missing, repeated or malformed (RFC 6749 §5.2).
    InvalidRequest,
    /// The client is not authenticated (RFC 6749 §5.2).
    InvalidClient,
    /// The code, refresh token or verifier is not good for this client (RFC 6749 §5.2).
    InvalidGrant,
    /// The client may not use this grant (RFC 6749 §5.2).
    UnauthorizedClient,
    /// The grant type is not offered (RFC 6749 §5.2).
    UnsupportedGrantType,
    /// The response type is not offered (RFC 6749 §4.1.2.1).
    UnsupportedResponseType,
    /// The scope is malformed or beyond what may be granted (RFC 6749 §5.2).
    InvalidScope,
    /// The user or the service refuses (RFC 6749 §4.1.2.1).
    AccessDenied,
    /// Something failed here (RFC 6749 §4.1.2.1).
    ServerError,
    /// Storage is away for the moment (RFC 6749 §4.1.2.1).
    TemporarilyUnavailable,
    /// The user has to authenticate (OIDC Core §3.1.2.6).
    LoginRequired,
    /// The user has to choose an account (OIDC Core §3.1.2.6).
    AccountSelectionRequired,
    /// The user has to consent (OIDC Core §3.1.2.6).
    ConsentRequired,
    /// The user has to do something else (OIDC Core §3.1.2.6).
    InteractionRequired,
    /// Request objects are not offered (OIDC Core §3.1.2.6).
    RequestNotSupported,
    /// Request objects by reference are not offered (OIDC Core §3.1.2.6).
    RequestUriNotSupported,
    /// The pushed request is unknown, used up or another client's (RFC 9101 §6.2, RFC 9126 §2.2).
    InvalidRequestUri,
    /// Registration within a request is not offered (OIDC Core §3.1.2.6).
    RegistrationNotSupported,
    /// The demanded authentication context cannot be reached (OIDC Unmet Authentication Requirements).
    UnmetAuthenticationRequirements,
    /// The resource cannot be a token's audience (RFC 8707 §2).
    InvalidTarget,
    /// The access token is not good (RFC 6750 §3.1).
    InvalidToken,
    /// The access token's scope does not do (RFC 6750 §3.1).
    InsufficientScope,
    /// The user has not decided yet (RFC 8628 §3.5).
    AuthorizationPending,
    /// The device asks too often (RFC 8628 §3.5).
    SlowDown,
    /// The device code is over (RFC 8628 §3.5).
    ExpiredToken,
    /// The DPoP proof is not good (RFC 9449 §5).
    InvalidDpopProof,
    /// The DPoP proof needs a nonce of ours (RFC 9449 §8).
    UseDpopNonce,
    /// A redirect URI cannot be registered (RFC 7591 §3.2.2).
    InvalidRedirectUri,
    /// Client metadata contradict themselves or are not offered (RFC 7591 §3.2.2).
    InvalidClientMetadata,
}

impl ErrorCode {
    /// As it is sent.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::LoginRequired => "login_required",
            Self::AccountSelectionRequired => "account_selection_required",
            Self::ConsentRequired => "consent_required",
            Self::InteractionRequired => "interaction_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::InvalidRequestUri => "invalid_request_uri",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::ExpiredToken => "expired_token",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
        }
    }

    /// The status of an answer that is not a redirect.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidClient | Self::InvalidToken => 401,
            Self::InsufficientScope => 403,
            Self::ServerError => 500,
            Self::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }
}

/// Why an operation of an OAuth endpoint fails.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OAuthError {
    /// It is refused by the standard.
    #[error(transparent)]
    Refused(#[from] Failure),
    /// What every API can meet.
    #[error(transparent)]
    Common(#[from] Error),
}

/// A refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.name())]
pub struct Failure {
    /// The code.
    pub code: ErrorCode,
    /// What is wrong, in the characters of RFC 6749 §5.2: no quotes, no backslash, no line end.
    pub description: &'static str,
}

impl From<ErrorKind> for OAuthError {
    fn from(kind: ErrorKind) -> Self {
        Self::Common(kind.into())
    }
}

impl Failure {
    /// A refusal and its reason.
    pub const fn new(code: ErrorCode, description: &'static str) -> Self {
        Self { code, description }
    }

    /// A request that is wrong in itself.
    pub const fn invalid_request(description: &'static str) -> Self {
        Self::new(ErrorCode::InvalidRequest, description)
    }

    /// The one answer for a client that is unknown, or does not prove what it is.
    pub const fn invalid_client() -> Self {
        Self::new(ErrorCode::InvalidClient, "the client is not authenticated")
    }

    /// The one answer for a code, token or verifier that is not good.
    pub const fn invalid_grant() -> Self {
        Self::new(
            ErrorCode::InvalidGrant,
            "the grant is invalid, expired, revoked, used up or another client's",
        )
    }
}
