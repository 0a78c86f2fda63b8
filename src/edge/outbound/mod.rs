//! What we send out.

pub mod http;
pub mod notifier;
