//! How long a request waits for providers: one limit for all its outgoing calls together.

use std::cell::Cell;
use std::time::Duration;

use worker::Date;

use crate::auth::federation::http::call::TIMEOUT;

/// When the waiting ends (epoch milliseconds). Unless it is set, it begins with the first call.
#[derive(Debug, Default)]
pub struct Deadline(Cell<Option<i64>>);

impl Deadline {
    /// The end of this many milliseconds from now.
    pub fn within(milliseconds: u32) -> Self {
        Self(Cell::new(Some(now().saturating_add(milliseconds.into()))))
    }

    /// What is left for the next call.
    pub fn left(&self) -> Duration {
        let now = now();
        let end = self
            .0
            .get()
            .unwrap_or_else(|| now.saturating_add(TIMEOUT.into()));
        self.0.set(Some(end));
        Duration::from_millis(end.saturating_sub(now).try_into().unwrap_or(0))
    }

    /// The end of a third of what is left: for a call whose failure leaves others to be made.
    pub fn third(&self) -> Self {
        let third = self.left().as_millis() / 3;
        Self::within(third.try_into().unwrap_or(TIMEOUT))
    }
}

/// Epoch milliseconds. The platform's clock advances while something is waited for.
pub fn now() -> i64 {
    i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX)
}
