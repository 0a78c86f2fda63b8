//! What a ceremony must have come to: registration and authentication alike.

use super::relying_party::RelyingParty;

/// What was asked of the browser, as the relying party remembers it.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Who asked.
    pub relying_party: &'a RelyingParty,
    /// The challenge, in base64url.
    pub challenge: &'a str,
    /// Whether somebody must have touched the authenticator: always, but where a password manager
    /// may create a passkey by itself after a sign-in (`mediation: "conditional"`).
    pub user_presence: bool,
    /// Whether the authenticator must have verified its user.
    pub user_verification: bool,
}
