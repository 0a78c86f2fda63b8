//! How a rejection reads in LoopBack: the literal texts of the original, and its statuses.

use crate::error::Reason;

/// The literal text of the original.
pub const fn text(reason: Reason) -> &'static str {
    match reason {
        Reason::Unauthorized => "Unauthorized",
        Reason::ClientInvalid => "Client Invalid",
        Reason::ClientUserMissing => "Client User Missing",
        Reason::MissingCredentials => "Missing credentials",
        Reason::InvalidCredentials => "Invalid Credentials",
        Reason::UserNotActive => "User not active yet",
        Reason::CodeExpired => "Code Expired",
        Reason::TokenExpired => "Token Expired",
        Reason::TokenInvalid => "Token Invalid",
        Reason::TokenMissing => "TokenMissing",
        Reason::BearerExpired => "TokenExpired",
        Reason::TokenRevoked => "TokenRevoked",
        Reason::PasswordInvalid => "PasswordInvalid",
        Reason::IncorrectPassword => "Incorrect Password",
        Reason::SamePassword => "Password cannot be same as previous password!",
        Reason::ExternalUser => "PasswordCannotBeChangedForExternalUser",
        Reason::AccessDenied => "Access Denied",
        Reason::InvalidEmail => "Invalid Email",
        Reason::SecondFactorMissing => "User Verification Failed",
        Reason::SecondFactorWrong => "Otp Invalid",
        Reason::NoSecondFactor => "MFA is not enabled for this user.",
        Reason::PasskeyInvalid => "Passkey Invalid",
    }
}

/// The status where the operation itself rejects; where its authentication strategy does, it is 401.
pub const fn status(reason: Reason) -> u16 {
    match reason {
        Reason::UserNotActive
        | Reason::PasswordInvalid
        | Reason::ExternalUser
        | Reason::InvalidEmail
        | Reason::NoSecondFactor => 400,
        Reason::ClientUserMissing | Reason::TokenMissing => 422,
        _ => 401,
    }
}
