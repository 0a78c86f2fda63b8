//! What messages are about.

use serde::{Deserialize, Serialize};

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// The link to set a new password.
    PasswordReset,
    /// The password has just been changed.
    PasswordChanged,
    /// The link to finish signing up.
    SignUp,
    /// A sign-in with a device that was not known.
    NewDevice,
    /// The link that proves a new address.
    ConfirmEmail,
    /// The address has just been changed.
    EmailChanged,
    /// A factor has just been enrolled.
    FactorAdded,
    /// A factor has just been removed.
    FactorRemoved,
    /// A recovery code has just been used.
    RecoveryCodeUsed,
    /// Codes of a second factor were guessed.
    CodesGuessed,
    /// The code that takes the place of a password.
    EmailCode,
    /// The code with which the second factors begin anew.
    ReEnrolment,
}

impl MessageKind {
    /// The name that is stored and sent.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PasswordReset => "password-reset",
            Self::PasswordChanged => "password-changed",
            Self::SignUp => "sign-up",
            Self::NewDevice => "new-device",
            Self::ConfirmEmail => "confirm-email",
            Self::EmailChanged => "email-changed",
            Self::FactorAdded => "factor-added",
            Self::FactorRemoved => "factor-removed",
            Self::RecoveryCodeUsed => "recovery-code-used",
            Self::CodesGuessed => "codes-guessed",
            Self::EmailCode => "email-code",
            Self::ReEnrolment => "re-enrolment",
        }
    }

    /// Whether somebody without an account can have it sent.
    pub const fn needs_no_account(self) -> bool {
        matches!(self, Self::PasswordReset | Self::SignUp | Self::EmailCode)
    }
}
