//! Signing in elsewhere: Google, Facebook, Instagram, Apple, Keycloak.
//!
//! The story is a chain of values, each of which only the step before can make:
//!
//! 1. [`begin`] sends the browser away with an authorize URL and a cookie, and leaves a
//!    [`begin::PendingSignIn`] behind.
//! 2. [`callback`] matches what the browser brings back with that record: [`callback::Returned`],
//!    or [`callback::Denied`] if the provider said no.
//! 3. [`exchange`] turns the code into a [`exchange::TokenRequest`], and its answer into
//!    [`exchange::ProviderTokens`].
//! 4. [`jws`] and [`id_token`] prove who came, or [`userinfo`] asks; either way the end is a
//!    [`profile::Profile`].
//! 5. [`policy`] says what a profile may do here, and [`redirect`] where the browser goes.
//!
//! [`access_token`] joins the story at 4, with a token an app already has. Every exchange with a
//! provider is cut in three: we build a [`call::Call`], the edge sends it, we read the
//! [`call::Answer`]. What is different about each provider is its row in [`table`].

pub mod access_token;
pub mod address;
pub mod apple;
pub mod audience;
pub mod begin;
pub mod binding;
pub mod cache;
pub mod call;
pub mod callback;
pub mod claims;
pub mod descriptor;
pub mod discovery;
pub mod exchange;
pub mod id_token;
pub mod inquiry;
pub mod jwks;
pub mod jws;
pub mod logout;
pub mod logout_token;
pub mod person;
pub mod policy;
pub mod profile;
pub mod prompt;
pub mod proof;
pub mod provider;
pub mod redirect;
pub mod settings;
pub mod table;
pub mod userinfo;

#[cfg(test)]
mod example;
#[cfg(test)]
mod tests;

pub use provider::Provider;
pub use settings::Settings;

use crate::error::{Error, Why};

/// A sign-in elsewhere that went wrong: what the caller is told, and what the log is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What the caller is told.
    pub error: Error,
    /// What was wrong; holds no token, code or secret, but may quote a provider's error code.
    pub reason: String,
}

impl Failure {
    /// The provider, or what came in its name, is not believed: 401, nested, whatever it was.
    pub fn untrusted(reason: impl Into<String>) -> Self {
        Self {
            error: Error::Strategy(Why::InvalidCredentials),
            reason: reason.into(),
        }
    }

    /// What came back does not belong to a sign-in of this browser at this route: 401, flat.
    pub fn foreign(reason: impl Into<String>) -> Self {
        Self {
            error: Error::Refused(Why::ClientInvalid),
            reason: reason.into(),
        }
    }

    /// The provider cannot be reached at a start: 503.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self {
            error: Error::Unavailable(reason.clone()),
            reason,
        }
    }

    /// The same, with the settings that it may be about.
    #[must_use]
    pub fn about(self, settings: &str) -> Self {
        let reason = format!("{settings}: {}", self.reason);
        Self { reason, ..self }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let reason = error.log_text().unwrap_or_default();
        Self { error, reason }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}
