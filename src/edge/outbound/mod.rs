//! What we send out, and what the platform computes for us.

pub mod http;
pub mod identity_provider;
pub mod notifier;
pub mod web_crypto;
