//! What is counted and logged of a federated sign-in or sign-out that fails.

use std::cell::RefCell;

use worker::console_error;

use crate::auth::federation::{Provider, ProviderFailure};
use crate::auth::time::{Seconds, Timestamp};
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Stranger};
use crate::error::Error;

/// Between two log lines of one text: callers without credentials cause most of them.
const QUIET: Seconds = Seconds::new(1);
/// How many texts are remembered: those of one second, of a few reasons each.
const REMEMBERED: usize = 16;

thread_local! {
    // What this isolate has logged last, and when.
    static LOGGED: RefCell<Vec<(String, Timestamp)>> = const { RefCell::new(Vec::new()) };
}

/// Counts a federated sign-in that authenticated no account.
pub fn count_unknown(app: &App) {
    audit::count(app, Stranger::UnknownIdentity);
}

/// The error of the response, once the log has the reason of what failed.
pub fn log_and_map(app: &App, what: &str, provider: Provider, failure: ProviderFailure) -> Error {
    // Failures of the service are logged where the response is written.
    if !failure.error.kind().is_server_error() {
        let line = format!("{what} {}: {}", provider.name(), failure.reason);
        if LOGGED.with_borrow_mut(|logged| is_due(logged, &line, app.now)) {
            console_error!("{line}");
        }
    }
    failure.error
}

/// Whether a line was not logged in the last second; it is remembered as logged.
fn is_due(logged: &mut Vec<(String, Timestamp)>, line: &str, now: Timestamp) -> bool {
    logged.retain(|(_, at)| now < *at + QUIET);
    let is_due = logged.len() < REMEMBERED && logged.iter().all(|(text, _)| text != line);
    if is_due {
        logged.push((line.to_owned(), now));
    }
    is_due
}
