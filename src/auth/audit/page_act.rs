//! What a user does at the pages of this service.

use super::refusal::Refusal;

/// What a user did, or tried, at the pages of this service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageAct {
    /// Signed in.
    SignIn,
    /// Signed out.
    SignOut,
    /// Ended sessions and browsers elsewhere.
    SessionsEnded,
    /// Changed the profile.
    ProfileChanged,
    /// Asked for another address.
    EmailRequested,
    /// Confirmed another address.
    EmailChanged,
    /// Took a change of address back.
    EmailUndone,
    /// Unlinked an identity.
    IdentityUnlinked,
    /// Shut an app out.
    ConsentWithdrawn,
    /// Proved to be there.
    Proven,
    /// A proof was refused.
    ProofFailed(Refusal),
    /// Changed the password.
    PasswordChanged,
    /// Asked to be erased.
    ErasureRequested,
    /// A change of password was refused, because the old password was not proven.
    PasswordChangeFailed(Refusal),
}

impl PageAct {
    /// The `kind` and the `result` of its row and log line.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::SignIn => ("sign-in", "ok"),
            Self::SignOut => ("sign-out", "ok"),
            Self::SessionsEnded => ("sessions", "ended"),
            Self::ProfileChanged => ("profile", "ok"),
            Self::EmailRequested => ("email", "asked"),
            Self::EmailChanged => ("email", "ok"),
            Self::EmailUndone => ("email", "undone"),
            Self::IdentityUnlinked => ("unlink", "ok"),
            Self::ConsentWithdrawn => ("consent", "withdrawn"),
            Self::Proven => ("proof", "ok"),
            Self::ProofFailed(refusal) => ("proof", refusal.result()),
            Self::PasswordChanged => ("password", "ok"),
            Self::ErasureRequested => ("erasure", "requested"),
            Self::PasswordChangeFailed(refusal) => ("password", refusal.result()),
        }
    }
}
