//! What is counted and logged of a federated sign-in that fails.

use worker::console_error;

use crate::auth::federation::{Provider, ProviderFailure};
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Stranger};
use crate::error::Error;

/// Counts a person of whom a provider has proven nothing.
pub fn count_unknown(app: &App) {
    audit::count(app, Stranger::UnknownIdentity);
}

/// What the caller is told, after the log has the reason.
pub fn log_and_map(provider: Provider, failure: ProviderFailure) -> Error {
    // Failures that are ours are logged where they are answered.
    if failure.error.log_text().is_none() {
        let name = provider.name();
        console_error!("signing in with {name}: {}", failure.reason);
    }
    failure.error
}
