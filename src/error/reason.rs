//! Why a caller is not authenticated, or a request is rejected.

/// Why a caller is not authenticated, or a request is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The credentials of the client are absent or malformed.
    #[error("no client credentials")]
    Unauthorized,
    /// The client is unknown, its secret is wrong, or the account does not belong to it.
    #[error("invalid client")]
    ClientInvalid,
    /// The account belongs to no client.
    #[error("the account belongs to no client")]
    ClientUserMissing,
    /// The username or the password is empty.
    #[error("no username or password")]
    MissingCredentials,
    /// The username, the password or the account is not good for a sign-in: one reason for all.
    #[error("invalid credentials")]
    InvalidCredentials,
    /// The account has registered and has not been activated.
    #[error("the account is not active yet")]
    UserNotActive,
    /// The code has been used or has expired.
    #[error("the code has expired")]
    CodeExpired,
    /// The refresh token or reset link is unknown, used up or expired.
    #[error("the token has expired")]
    TokenExpired,
    /// The token was issued for another session or device.
    #[error("the token was issued for another session")]
    TokenInvalid,
    /// A required token is absent.
    #[error("no token")]
    TokenMissing,
    /// The access token or invitation is forged, foreign or expired.
    #[error("the bearer token has expired")]
    BearerExpired,
    /// The session of the token is over, or the link has been used.
    #[error("the token is revoked")]
    TokenRevoked,
    /// The new password is absent, or the old one that must accompany it.
    #[error("no password")]
    PasswordInvalid,
    /// The old password is wrong.
    #[error("the old password is wrong")]
    IncorrectPassword,
    /// The new password is the present one.
    #[error("the new password is the present one")]
    SamePassword,
    /// The account has no password here to change.
    #[error("the account has no password")]
    ExternalUser,
    /// The user denied the authorization at the provider.
    #[error("denied at the provider")]
    AccessDenied,
    /// The address is not the invited one.
    #[error("not the invited address")]
    InvalidEmail,
    /// The code waits for its second factor.
    #[error("the second factor is missing")]
    SecondFactorMissing,
    /// The code of the second factor is wrong, or the sign-in it is for is over.
    #[error("the second factor is wrong")]
    SecondFactorWrong,
    /// The user has no second factor that could be asked for.
    #[error("the user has no second factor")]
    NoSecondFactor,
    /// The passkey proves nobody, or not for this ceremony.
    #[error("the passkey proves nobody")]
    PasskeyInvalid,
}
