//! The original's literal reasons for a refusal.

/// The original's literal reasons for a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
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
    /// The provider's user refused.
    AccessDenied,
    /// The address is not the invited one.
    InvalidEmail,
}

impl Reason {
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
            Self::ClientUserMissing | Self::TokenMissing => 422,
            _ => 401,
        }
    }
}
