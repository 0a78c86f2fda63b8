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
pub mod endpoints;
pub mod exchange;
pub mod failure;
pub mod id_token;
pub mod inquiry;
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

pub use failure::Failure;
pub use provider::Provider;
pub use settings::Settings;
