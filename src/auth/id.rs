//! Ids that must not be mistaken for one another, nor for other text.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::secret::{random_id, random_uuid};
use crate::error::Error;

macro_rules! text_ids {
    ($($(#[$doc:meta])+ $name:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id that this text is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

text_ids! {
    /// The public name of a client: `client_id` in every protocol (RFC 6749 §2.2).
    ClientId;
    /// A user's id: a UUID, or what another system called the user who was moved in.
    UserId;
    /// A session's id: `sid` in tokens.
    SessionId;
    /// A signed-in browser's id.
    BrowserId;
    /// A factor's id, as its user's list shows it.
    FactorId;
    /// Drawn at random for one request, so that the statements of its batch know their own work.
    AttemptId;
}

/// The row of a client: `id` in the `/auth-clients` API.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct ClientNumber(i64);

impl ClientNumber {
    /// The row of this number.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for ClientNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ClientId {
    /// Whether there is no text at all, which no client has.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl UserId {
    /// Draws the id of a new user.
    pub fn draw() -> Result<Self, Error> {
        random_uuid().map(Self)
    }
}

impl SessionId {
    /// Draws the id of a new session: 144 random bits.
    pub fn draw() -> Result<Self, Error> {
        random_id().map(Self)
    }
}

impl BrowserId {
    /// Draws the id of a browser that signs in: 144 random bits.
    pub fn draw() -> Result<Self, Error> {
        random_id().map(Self)
    }
}

impl FactorId {
    /// Draws the id of a new factor.
    pub fn draw() -> Result<Self, Error> {
        random_uuid().map(Self)
    }
}

impl AttemptId {
    /// Draws the id of a request's attempt.
    pub fn draw() -> Result<Self, Error> {
        random_id().map(Self)
    }
}
