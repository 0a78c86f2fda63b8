//! Counts what a request does to storage, and how often it has to wait for it.

use std::cell::Cell;

/// Counters of one request.
#[derive(Debug, Default)]
pub struct StorageMetrics {
    waits: Cell<u32>,
    under_way: Cell<u32>,
    statements: Cell<u32>,
    operations: Cell<u32>,
}

/// One round trip to storage; it is over when this is dropped.
pub struct RoundTrip<'a>(&'a StorageMetrics);

impl StorageMetrics {
    /// Begins a round trip. Those under way at the same time are one wait.
    pub fn begin(&self) -> RoundTrip<'_> {
        if self.under_way.get() == 0 {
            self.waits.set(self.waits.get() + 1);
        }
        self.under_way.set(self.under_way.get() + 1);
        RoundTrip(self)
    }

    /// Counts D1 statements.
    pub fn statements(&self, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.statements
            .set(self.statements.get().saturating_add(count));
    }

    /// Counts a KV operation.
    pub fn operation(&self) {
        self.operations.set(self.operations.get() + 1);
    }

    /// The `Server-Timing` header: sequential waits, statements, operations.
    pub fn server_timing(&self) -> String {
        format!(
            "waits;desc=\"{}\", d1;desc=\"{}\", kv;desc=\"{}\"",
            self.waits.get(),
            self.statements.get(),
            self.operations.get()
        )
    }
}

impl Drop for RoundTrip<'_> {
    fn drop(&mut self) {
        self.0
            .under_way
            .set(self.0.under_way.get().saturating_sub(1));
    }
}
