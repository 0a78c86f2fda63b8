//! The log, which is the operator's.

use worker::{console_error, console_log};

use crate::error::Error;

/// Logs a failure of the service; those of its callers are not logged.
pub fn failure(error: &Error) {
    if error.kind().is_server_error() {
        console_error!("{error}");
    }
}

/// Logs what helps the operator to understand a refusal, and reveals nothing of the caller.
pub fn note(text: &str) {
    console_log!("{text}");
}
