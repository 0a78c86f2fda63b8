//! A client as administrators read it.

use serde::Serialize;

use super::column::Column;
use crate::auth::id::ClientNumber;

/// A value of a column; of one column all are of one kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    /// A number, a [`Timestamp`](crate::auth::time::Timestamp) in milliseconds, or 0 and 1 for false
    /// and true.
    Integer(i64),
    /// Text.
    Text(String),
}

/// A row of `auth_clients`, without its secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientRow {
    /// The client's number.
    pub id: ClientNumber,
    values: Vec<Option<Scalar>>,
}

impl ClientRow {
    /// The row of a client whose values are in the order of [`COLUMNS`](super::column::COLUMNS).
    pub const fn new(id: ClientNumber, values: Vec<Option<Scalar>>) -> Self {
        Self { id, values }
    }

    /// The value in a column; nothing where that is null, a secret, or was not read.
    pub fn value(&self, column: &Column) -> Option<&Scalar> {
        self.values.get(column.index)?.as_ref()
    }
}
