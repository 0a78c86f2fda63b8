//! Where rows of the audit log go, and how long they stay.

use super::reader::{SettingsReader, wrong};
use crate::auth::time::Seconds;
use crate::error::Error;

/// Settings of the audit log.
pub struct AuditLog {
    /// `AUDIT_SINK`: whether D1 keeps the rows.
    pub is_kept: bool,
    /// `AUDIT_SINK`: whether the queue gets them.
    pub is_queued: bool,
    /// `AUDIT_RETENTION_DAYS`.
    pub retention: Seconds,
}

impl AuditLog {
    /// Reads the settings; without them D1 keeps rows for 90 days.
    pub fn read<F: Fn(&str) -> Option<String>>(
        settings: &SettingsReader<F>,
    ) -> Result<Self, Error> {
        let (is_kept, is_queued) = match settings.text("AUDIT_SINK").as_deref() {
            None | Some("d1") => (true, false),
            Some("queue") => (false, true),
            Some("both") => (true, true),
            Some(_) => return Err(wrong("AUDIT_SINK", "must be d1, queue or both")),
        };
        let days = settings.whole("AUDIT_RETENTION_DAYS", 90, 1..=3650)?;
        Ok(Self {
            is_kept,
            is_queued,
            retention: Seconds::DAY.times(days),
        })
    }
}
