//! The log, which is the operator's.

use worker::console_error;

use crate::error::Error;

/// Logs what the operator needs to know of a failure; most need nothing.
pub fn failure(error: &Error) {
    if let Some(text) = error.log_text() {
        console_error!("{text}");
    }
}
