//! Who did what, and how it went: one row and one log line for each event, without a wait.
//!
//! Never a secret, token, code or password, nor the name that somebody typed: it may be a password
//! in the wrong field.

use serde_json::json;
use worker::console_log;

use crate::auth::secret::random_id;
use crate::auth::token::iso8601;
use crate::edge::app::App;
use crate::edge::store::activity::{self, Activity};

/// Something that happened.
#[derive(Debug, Clone, Default)]
pub struct Event {
    /// What: `sign-in`, `code`, `refresh`, `sign-out`, `password`, `reset`, `sign-up`, `link`, `otp`,
    /// `client`.
    pub kind: &'static str,
    /// How it went: `ok`, `failed`, `unreadable` (the stored hash is), `refused`, `theft`, `replay`; of
    /// a client: `created`, `changed`, `deleted`.
    pub result: &'static str,
    /// Whom it concerns, if that is known; of a client or an OTP, who did it.
    pub user_id: Option<String>,
    /// The client's number.
    pub client: Option<i64>,
    /// The session.
    pub session_id: Option<String>,
}

/// Writes an event down, after the answer has left.
pub fn record(app: &App, event: Event) {
    let visitor = &app.visitor;
    let line = json!({
        "event": event.kind,
        "result": event.result,
        "at": iso8601(app.now),
        "user": event.user_id,
        "client": event.client,
        "session": event.session_id,
        "address": visitor.address,
        "country": visitor.country,
        "ray": visitor.ray,
    });
    console_log!("{line}");
    app.in_background(|app| async move {
        let id = random_id()?;
        let row = Activity {
            kind: event.kind,
            result: event.result,
            user_id: event.user_id.as_deref(),
            client: event.client,
            session_id: event.session_id.as_deref(),
        };
        activity::insert(&app.db, &id, &row, &app.visitor, app.now).await
    });
}
