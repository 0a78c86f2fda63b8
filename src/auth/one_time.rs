//! Once-only things: what leads to them, and what is remembered of them.
//!
//! The D1 row of such a thing decides its consumption; KV remembers what it leads to. Both are
//! found by the same key, made from the secret's digest, so that no live secret can be read in a
//! list of keys. The implementations of [`OneTime`] are the KV schema.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::federation::flow::authorization::{PendingSignIn, SignInTicket};
use super::profile::Profile;
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

/// An authorization code (RFC 6749 §4.1.2): what goes along with it into the session it opens.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthCode {
    /// The provider's refresh token, encrypted, where one gave any.
    pub provider_token: Option<String>,
}

impl OneTime for AuthCode {
    const KIND: &'static str = "code";
}

/// A request to set a new password: where its link was sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PasswordReset {
    /// The address, as it was then; the notice of the change goes there too.
    pub address: String,
}

impl OneTime for PasswordReset {
    const KIND: &'static str = "reset";
}

/// An invitation to sign up: what its bearer has said already.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignUp {
    /// From the request that asked for the invitation.
    pub profile: Profile,
}

impl OneTime for SignUp {
    const KIND: &'static str = "sign-up";
}

/// A change of address: the new one, which must be proven. The row has all that it needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EmailChange {}

impl OneTime for EmailChange {
    const KIND: &'static str = "email";
}

/// The way back to a former address. The row has all that it needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EmailUndo {}

impl OneTime for EmailUndo {
    const KIND: &'static str = "undo-email";
}

/// A one-time password as `GET /otp-caches/{id}` shows it. Its key is of the folded username.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Otp {
    /// The username as it was posted and the OTP, encrypted: an app posts for any text that was
    /// typed into its name field.
    pub sealed: String,
}

impl OneTime for Otp {
    const KIND: &'static str = "otp";
}

impl OneTime for PendingSignIn {
    const KIND: &'static str = "signin";
}

impl OneTime for SignInTicket {
    const KIND: &'static str = "ticket";
}
