//! What is counted in place of a row.

/// A request of a caller without an account: counted by kind and hour, in place of a row for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    /// The `client_id` of no client.
    UnknownClient,
    /// A client with another secret.
    WrongClientSecret,
    /// A username or address without an account.
    UnknownName,
    /// A code that was never issued.
    UnknownCode,
    /// A provider's callback that belongs to no pending sign-in of the browser.
    UnknownState,
    /// A ticket that cannot be opened.
    UnknownTicket,
    /// An invitation that was never sent, has expired or creates no account.
    RefusedInvitation,
    /// A reset link that was never sent.
    UnknownResetLink,
    /// A provider's code or token that proves no account's identity.
    UnknownIdentity,
    /// A refusal by the provider's user.
    DeniedAtProvider,
    /// A provider's logout token that proves nothing, or was consumed before.
    RefusedLogoutToken,
    /// A passkey, or the sign-in that it is to complete, that nobody knows.
    UnknownPasskey,
    /// What a client that nobody vouches for has said of itself, by its document or its registration.
    NewClient,
    /// An OTP posted without credentials (the compatibility flag `open-otp-caches`).
    OpenOtp,
}

impl Stranger {
    /// The name that is counted and logged.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownClient => "unknown client",
            Self::WrongClientSecret => "wrong client secret",
            Self::UnknownName => "unknown name",
            Self::UnknownCode => "unknown code",
            Self::UnknownState => "unknown state",
            Self::UnknownTicket => "unknown ticket",
            Self::RefusedInvitation => "refused invitation",
            Self::UnknownResetLink => "unknown reset link",
            Self::UnknownIdentity => "unknown identity",
            Self::DeniedAtProvider => "denied at provider",
            Self::RefusedLogoutToken => "refused logout token",
            Self::UnknownPasskey => "unknown passkey",
            Self::NewClient => "new client",
            Self::OpenOtp => "open otp",
        }
    }
}
