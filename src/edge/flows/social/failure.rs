//! What is counted and logged of a federated sign-in that fails.

use worker::console_error;

use crate::auth::federation::{Provider, ProviderFailure};
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Stranger};
use crate::error::Error;

/// Counts a federated sign-in that authenticates no account.
pub fn count_unknown(app: &App) {
    audit::count(app, Stranger::UnknownIdentity);
}

/// The error of the response, once the log has the reason.
pub fn log_and_map(provider: Provider, failure: ProviderFailure) -> Error {
    // Failures of the service are logged where the response is written.
    if !failure.error.is_server_error() {
        let name = provider.name();
        console_error!("signing in with {name}: {}", failure.reason);
    }
    failure.error
}
