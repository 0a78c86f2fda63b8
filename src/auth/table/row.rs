//! A row as administrators read it.

use serde::Serialize;

use super::column::Column;

/// A value of a column; of one column all are of one kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    /// A number, a [`Timestamp`](crate::auth::time::Timestamp) in milliseconds, or 0 and 1 for false
    /// and true.
    Integer(i64),
    /// Text; lists and objects are JSON.
    Text(String),
}

/// A row of a [`Table`](super::column::Table), without its secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableRow(Vec<Option<Scalar>>);

impl TableRow {
    /// The row whose values are in the order of its table's columns.
    pub const fn new(values: Vec<Option<Scalar>>) -> Self {
        Self(values)
    }

    /// The value in a column; nothing where that is null, a secret, or was not read.
    pub fn value(&self, column: &Column) -> Option<&Scalar> {
        self.0.get(column.index)?.as_ref()
    }

    /// Puts a value into a column.
    pub fn set(&mut self, column: &Column, value: Scalar) {
        if let Some(place) = self.0.get_mut(column.index) {
            *place = Some(value);
        }
    }
}

impl Scalar {
    /// As it is written in a path.
    pub fn to_path(&self) -> String {
        match self {
            Self::Integer(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Integer(_) => None,
        }
    }

    /// The number, if it is one.
    pub const fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Text(_) => None,
        }
    }
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Scalar {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}
