//! A sign-in that waits for its second factor, as its caller learns of it.

use std::fmt;

/// A sign-in that waits for its second factor.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// With which it goes on: a secret.
    pub token: String,
    /// What may be proven, by name; empty where a factor has to be enrolled first.
    pub methods: Vec<&'static str>,
    /// How long it waits, in seconds.
    pub expires_in: i64,
}

impl fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondFactor")
            .field("methods", &self.methods)
            .finish_non_exhaustive()
    }
}
