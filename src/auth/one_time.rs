//! Once-only things: what leads to them, and what is remembered of them.
//!
//! The D1 row of such a thing decides who may take it; KV remembers what it leads to. Both are
//! found by the same key, made from the secret's digest, so that nobody reads a live secret in a
//! list of keys. The implementations of [`OneTime`] are the KV schema.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::oauth::begin::{PendingSignIn, SignInTicket};
use super::secret::Secret;

/// What KV remembers under a one-time secret.
pub trait OneTime: Serialize + DeserializeOwned {
    /// What its keys begin with: the kind of thing it is.
    const KIND: &'static str;
}

/// The key of a one-time thing, in KV and in D1 alike.
pub fn key<T: OneTime>(secret: &Secret) -> String {
    format!("{}:{}", T::KIND, secret.digest())
}

/// An authorization code (RFC 6749 §4.1.2): how the person behind it came to be proven.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthCode {
    /// `password`, `otp`, or a provider's name.
    pub method: String,
    /// Epoch milliseconds of the proof.
    pub proven_on: i64,
}

impl OneTime for AuthCode {
    const KIND: &'static str = "code";
}

impl OneTime for PendingSignIn {
    const KIND: &'static str = "signin";
}

impl OneTime for SignInTicket {
    const KIND: &'static str = "ticket";
}
