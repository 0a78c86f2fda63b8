//! Federated sign-in: Google, Facebook, Instagram, Apple, Keycloak.
//!
//! The story is a chain of values, each of which only the step before can make:
//!
//! 1. [`flow::authorization`] makes an authorization request of a client's start: a URL, a state cookie,
//!    and the [`flow::authorization::PendingSignIn`] to store.
//! 2. [`flow::callback`] matches the browser's return with that record: [`flow::callback::Returned`],
//!    or [`flow::callback::Denied`] if the provider said no.
//! 3. [`flow::code_exchange`] turns the code into a [`flow::code_exchange::TokenRequest`], and its answer
//!    into [`flow::code_exchange::ProviderTokens`].
//! 4. [`identity::id_token`] verifies the claims of an id_token, or [`identity::userinfo`] asks the
//!    provider; either way the end is an [`identity::profile::ExternalProfile`].
//! 5. [`identity::policy`] decides what the profile may do here, and [`flow::redirect`] where the browser
//!    goes.
//!
//! [`flow::access_token`] joins the story at 4, with a token that an app already has. Every
//! exchange with a provider is cut in three: a [`http::call::ProviderRequest`] is built here, sent
//! by the edge, and its [`http::call::ProviderResponse`] read here. What is different about each
//! provider is its row in [`provider::providers`].
//!
//! The rooms know one another in one direction: `http`, `provider`, `identity`, `flow`.

pub mod failure;
pub mod flow;
pub mod http;
pub mod identity;
pub mod provider;
pub mod settings;

#[cfg(test)]
mod example;
#[cfg(test)]
mod tests;

pub use failure::ProviderFailure;
pub use provider::spec::Provider;
pub use settings::Settings;
