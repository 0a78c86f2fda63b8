//! Error codes and texts that several failures share.

/// Status, error code and message.
pub(super) type Parts = (u16, &'static str, String);

pub(super) const ARGUMENT: &str = "ArgumentException";
pub(super) const AUTHENTICATION: &str = "AuthenticationException";
pub(super) const VALIDATION: &str = "ValidationException";
pub(super) const SERIALIZATION: &str = "SerializationException";
pub(super) const NOT_IMPLEMENTED: &str = "NotImplementedException";
pub(super) const TOKEN: &str = "TokenException";
pub(super) const TOKEN_EXPIRED: &str = "Token has expired";
pub(super) const NO_REFRESH_TOKEN: &str = "Value cannot be null. (Parameter 'refreshToken')";
