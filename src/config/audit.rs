//! Where the audit log goes.

use super::reader::{SettingsReader, wrong};
use crate::error::Error;

/// Where events are written down: in `login_activity`, or in a dataset of Workers Analytics Engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditSink {
    /// In the database.
    Database,
    /// In the dataset; in the database all but sign-ins, redeemed codes and sign-outs, of which there
    /// are most.
    Analytics,
    /// In both.
    Both,
}

impl AuditSink {
    /// Reads `AUDIT_SINK`.
    pub fn read<F: Fn(&str) -> Option<String>>(
        settings: &SettingsReader<F>,
    ) -> Result<Self, Error> {
        const NAME: &str = "AUDIT_SINK";
        match settings.text(NAME).as_deref() {
            None | Some("database") => Ok(Self::Database),
            Some("analytics") => Ok(Self::Analytics),
            Some("both") => Ok(Self::Both),
            Some(_) => Err(wrong(NAME, "must be database, analytics or both")),
        }
    }
}
