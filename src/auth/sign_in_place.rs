//! What a user signed in with, and where: for the user's own list of sessions.

/// The agent and the country of a sign-in, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignInPlace {
    /// What the caller calls itself.
    pub user_agent: Option<String>,
    /// ISO country code.
    pub country: Option<String>,
}
