//! Who did what, and how it went: one row and one log line for each event, without a wait.
//!
//! A refused caller of whom nothing is known leaves neither: such are counted by kind and hour, and
//! logged at most once a second.
//!
//! Never a secret, token, code or password, nor the name that somebody typed: it may be a password
//! in the wrong field.

use std::cell::Cell;

use serde_json::{Value, json};
use worker::console_log;

use crate::auth::secret::random_id;
use crate::auth::token::iso8601;
use crate::edge::app::App;
use crate::store::activity::{self, Activity};
use crate::store::hourly_counts;

/// Between two log lines about callers of whom nothing is known, in milliseconds.
const QUIET_MS: i64 = 1000;

thread_local! {
    // When this isolate last logged such a caller, and how many it has left out since.
    static LAST_LOGGED: Cell<(i64, u32)> = const { Cell::new((0, 0)) };
}

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

/// What a refused caller brought that belongs to no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    /// A client's name that is none.
    UnknownClient,
    /// A client's name without its secret.
    WrongClientSecret,
    /// A username or address that no account has.
    UnknownName,
    /// A code that was never issued.
    UnknownCode,
    /// A provider's return that no sign-in of the browser waits for.
    UnknownState,
    /// A ticket that cannot be opened.
    UnknownTicket,
    /// An invitation that is none, is over, or makes no user.
    RefusedInvitation,
    /// A reset link that was never sent.
    UnknownResetLink,
    /// A provider's code or token that proves nobody here.
    UnknownIdentity,
    /// A refusal by the provider's user.
    DeniedAtProvider,
    /// An OTP posted by a caller who need not say who it is (the compatibility flag `open-otp-caches`).
    OpenOtp,
}

impl Stranger {
    /// The name that is counted and logged.
    const fn name(self) -> &'static str {
        match self {
            Self::UnknownClient => "unknown client",
            Self::WrongClientSecret => "wrong client secret",
            Self::UnknownName => "unknown name",
            Self::UnknownCode => "unknown code",
            Self::UnknownState => "unknown state",
            Self::UnknownTicket => "unknown ticket",
            Self::RefusedInvitation => "refused invitation",
            Self::UnknownResetLink => "unknown reset link",
            Self::UnknownIdentity => "unknown identity",
            Self::DeniedAtProvider => "denied at provider",
            Self::OpenOtp => "open otp",
        }
    }
}

/// Writes an event down, after the answer has left. Refusals beyond an account's share of rows are
/// counted and logged as strangers are.
pub fn record(app: &App, event: Event) {
    app.in_background(|app| async move {
        let client_info = &app.client_info;
        let row = Activity {
            kind: event.kind,
            result: event.result,
            user_id: event.user_id.as_deref(),
            client: event.client,
            session_id: event.session_id.as_deref(),
            address: client_info.address.as_deref(),
            country: client_info.country.as_deref(),
            user_agent: client_info.user_agent.as_deref(),
            ray: client_info.ray.as_deref(),
        };
        let id = random_id()?;
        let kept = app.db.run(activity::insert(&id, &row, app.now)).await;
        let line = line(&app, &event);
        if matches!(kept, Ok(false)) {
            log_seldom(&app, line);
        } else {
            console_log!("{line}");
        }
        kept.map(drop)
    });
}

/// Counts a refused caller of whom nothing is known, after the answer has left.
pub fn count(app: &App, stranger: Stranger) {
    app.in_background(|app| async move {
        let client_info = &app.client_info;
        let line = json!({
            "event": stranger.name(),
            "at": iso8601(app.now),
            "address": client_info.address,
            "country": client_info.country,
            "ray": client_info.ray,
        });
        log_seldom(&app, line);
        let count = hourly_counts::count(stranger.name(), app.now);
        app.db.run(count).await
    });
}

fn line(app: &App, event: &Event) -> Value {
    let client_info = &app.client_info;
    json!({
        "event": event.kind,
        "result": event.result,
        "at": iso8601(app.now),
        "user": event.user_id,
        "client": event.client,
        "session": event.session_id,
        "address": client_info.address,
        "country": client_info.country,
        "ray": client_info.ray,
    })
}

/// Logs a line unless another was logged in the same second; it then says how many were left out.
fn log_seldom(app: &App, mut line: Value) {
    let (logged_on, left_out) = LAST_LOGGED.get();
    if app.now < logged_on.saturating_add(QUIET_MS) {
        LAST_LOGGED.set((logged_on, left_out.saturating_add(1)));
        return;
    }
    LAST_LOGGED.set((app.now, 0));
    if let Value::Object(fields) = &mut line {
        fields.insert("leftOut".to_owned(), left_out.into());
    }
    console_log!("{line}");
}
