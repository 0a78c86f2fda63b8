//! How long a request waits for providers: one limit for all its outgoing calls together.

use std::cell::Cell;
use std::time::Duration;

use crate::auth::federation::http::call::TIMEOUT;
use crate::auth::time::Timestamp;
use crate::edge::clock::now;

/// When the waiting ends. Unless it is set, it begins with the first call.
#[derive(Debug, Default)]
pub struct Deadline(Cell<Option<Timestamp>>);

impl Deadline {
    /// The end of so much time from now.
    pub fn within(time: Duration) -> Self {
        Self(Cell::new(Some(now() + time)))
    }

    /// What is left for the next call.
    pub fn left(&self) -> Duration {
        let now = now();
        let end = self.0.get().unwrap_or_else(|| now + TIMEOUT);
        self.0.set(Some(end));
        end.duration_since(now)
    }

    /// The end of a third of what is left: for a call whose failure leaves others to be made.
    pub fn third(&self) -> Self {
        Self::within(self.left() / 3)
    }
}
