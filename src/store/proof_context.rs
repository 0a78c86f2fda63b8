//! What a proof of a factor is for.

use super::signed_in::SignedIn;

/// What a proof is for: it must still wait for it.
#[derive(Debug, Clone, Copy)]
pub enum ProofContext<'a> {
    /// A sign-in that waits for its second factor, or a code, by its key.
    SignIn(&'a str),
    /// A session, or a browser at our pages.
    SignedIn(SignedIn<'a>),
    /// A sign-in by the proof alone.
    Alone,
}

impl<'a> ProofContext<'a> {
    /// The key of the sign-in.
    pub const fn sign_in(self) -> Option<&'a str> {
        match self {
            Self::SignIn(key) => Some(key),
            _ => None,
        }
    }

    pub(super) fn signed_in(self) -> Option<&'a str> {
        match self {
            Self::SignedIn(place) => Some(place.as_str()),
            _ => None,
        }
    }

    /// The key of the sign-in, or the id of the session or the browser. They are drawn at random, so that
    /// none is another's.
    pub fn place(self) -> &'a str {
        self.sign_in().or(self.signed_in()).unwrap_or_default()
    }
}
