//! Records events without a wait: one row and one log line for each. `AUDIT_SINK` says whether the row
//! stays in D1, goes to a queue, or both.
//!
//! A refused request of a caller without an account leaves neither: such requests are counted by kind
//! and hour, and logged at most once a second.

use std::cell::Cell;

use serde_json::{Value, json};
use worker::console_log;

pub use crate::auth::audit::{
    Act, Event, FactorAct, Managed, PageAct, Refusal, SessionRef, Stranger, Subject,
};
use crate::auth::json;
use crate::auth::secret::random_id;
use crate::auth::time::{Seconds, Timestamp};
use crate::auth::token::iso8601;
use crate::edge::app::App;
use crate::edge::audit_queue;
use crate::error::Error;
use crate::store::activity::{self, Activity};
use crate::store::hourly_counts;

/// Between two log lines of requests that are only counted.
const QUIET: Seconds = Seconds::new(1);

thread_local! {
    // When this isolate last logged such a request, and how many it has left out since.
    static LAST_LOGGED: Cell<(Timestamp, u32)> = const { Cell::new((Timestamp::from_millis(0), 0)) };
}

/// Records an event after the response has left. An event without an account, and refusals beyond an
/// account's share of rows, are only counted.
pub fn record(app: &App, event: Event) {
    if event.ends_sessions() {
        app.ends_sessions.set(true);
    }
    if let Some(stranger) = event.stranger() {
        return count(app, stranger);
    }
    app.in_background(|app| async move { write(&app, event).await });
}

async fn write(app: &App, event: Event) -> Result<(), Error> {
    let (kind, result) = event.names();
    let subject = event.subject();
    let detail = subject.detail.as_ref().map(Value::to_string);
    let client_info = &app.client_info;
    let country = client_info.country();
    let row = Activity {
        kind,
        result,
        user_id: subject.user_id.as_ref(),
        client: subject.client,
        session_id: subject.session_id.as_ref(),
        address: client_info.address.as_deref(),
        country: country.as_deref(),
        user_agent: client_info.user_agent.as_deref(),
        ray: client_info.ray.as_deref(),
        tenant: subject.tenant.as_deref(),
        target: subject.target.as_deref(),
        detail: detail.as_deref(),
    };
    let id = random_id()?;
    let log = &app.config.audit;
    let inserted = match log.is_kept {
        true => app.db.run(activity::insert(&id, &row, app.now)).await,
        false => Ok(true),
    };
    let line = line(app, &row);
    if matches!(inserted, Ok(false)) {
        log_seldom(app, line);
        return Ok(());
    }
    console_log!("{line}");
    if log.is_queued {
        audit_queue::send(&app.env, &message(&id, &row, app.now)).await?;
    }
    inserted.map(drop)
}

/// Counts a request of a caller without an account, after the response has left.
pub fn count(app: &App, stranger: Stranger) {
    app.in_background(|app| async move {
        let client_info = &app.client_info;
        let line = json!({
            "event": stranger.name(),
            "at": iso8601(app.now),
            "address": client_info.address,
            "country": client_info.country(),
            "ray": client_info.ray,
        });
        log_seldom(&app, line);
        let count = hourly_counts::count(stranger.name(), app.now);
        app.db.run(count).await
    });
}

/// The row as the queue gets it: its columns, with their names.
fn message(id: &str, row: &Activity<'_>, now: Timestamp) -> Value {
    let detail = row.detail.map(|text| json::read::<Value>(text.as_bytes()));
    json!({
        "id": id,
        "at": now,
        "kind": row.kind,
        "result": row.result,
        "userId": row.user_id,
        "clientId": row.client,
        "sessionId": row.session_id,
        "address": row.address,
        "country": row.country,
        "userAgent": row.user_agent,
        "ray": row.ray,
        "tenantId": row.tenant,
        "target": row.target,
        "detail": detail.and_then(Result::ok),
    })
}

fn line(app: &App, row: &Activity<'_>) -> Value {
    json!({
        "event": row.kind,
        "result": row.result,
        "at": iso8601(app.now),
        "user": row.user_id,
        "client": row.client,
        "session": row.session_id,
        "address": row.address,
        "country": row.country,
        "ray": row.ray,
    })
}

/// Logs a line unless another was logged in the same second; the next line says how many were left
/// out.
fn log_seldom(app: &App, mut line: Value) {
    let (logged_on, left_out) = LAST_LOGGED.get();
    if app.now < logged_on + QUIET {
        LAST_LOGGED.set((logged_on, left_out.saturating_add(1)));
        return;
    }
    LAST_LOGGED.set((app.now, 0));
    if let Value::Object(fields) = &mut line {
        fields.insert("leftOut".to_owned(), left_out.into());
    }
    console_log!("{line}");
}
