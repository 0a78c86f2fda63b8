//! What administrators do, and to what.

/// What an administrator did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Something is there that was not.
    Created,
    /// Something changed.
    Changed,
    /// Something is gone.
    Deleted,
    /// A message with a link went to its owner.
    LinkSent,
}

/// What an administrator's act was done to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Managed {
    /// The tenant that it belongs to.
    pub tenant: Option<String>,
    /// The row's id; nothing for many.
    pub target: Option<String>,
    /// The client's number, where it is one.
    pub client: Option<i64>,
    /// Values before and after, as JSON; secrets are never among them.
    pub detail: serde_json::Value,
}

impl Act {
    /// The `result` of the row.
    pub const fn result(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
            Self::LinkSent => "link",
        }
    }
}
