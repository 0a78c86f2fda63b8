//! What is wrong with a parameter or field, in the words of its rule.

/// A parameter or field that breaks its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidInput {
    /// A new password has fewer characters than the policy demands.
    #[error("the password has fewer than {0} characters")]
    PasswordTooShort(usize),
    /// A new password has more characters than can be hashed.
    #[error("the password has more than {0} characters")]
    PasswordTooLong(usize),
    /// The client's `state` has more characters than are kept for it.
    #[error("state has more than {0} characters")]
    StateTooLong(usize),
    /// `code_challenge_method` comes without `code_challenge` (RFC 7636 §4.3).
    #[error("code_challenge_method without code_challenge")]
    MethodWithoutChallenge,
    /// `code_challenge_method` is not the one that is supported.
    #[error("code_challenge_method is not S256")]
    UnsupportedMethod,
    /// `code_challenge` cannot be one (RFC 7636 §4.2).
    #[error("code_challenge is not the base64url SHA-256 of a verifier")]
    MalformedChallenge,
    /// A client with a custom scheme sends no `code_challenge` (RFC 8252 §8.1).
    #[error("code_challenge is missing")]
    MissingChallenge,
    /// `code_challenge` comes from a client that receives no code.
    #[error("code_challenge for a client without a redirect URL")]
    UnusableChallenge,
    /// `prompt` is not one of the supported values (OIDC Core §3.1.2.1).
    #[error("prompt is neither login nor select_account")]
    UnknownPrompt,
}

impl InvalidInput {
    /// The name of the parameter or field.
    pub const fn field(self) -> &'static str {
        match self {
            Self::PasswordTooShort(_) | Self::PasswordTooLong(_) => "password",
            Self::StateTooLong(_) => "state",
            Self::MethodWithoutChallenge | Self::UnsupportedMethod => "code_challenge_method",
            Self::MalformedChallenge | Self::MissingChallenge | Self::UnusableChallenge => {
                "code_challenge"
            }
            Self::UnknownPrompt => "prompt",
        }
    }
}
