//! Columns by their properties, and their values as the API shows them.

use serde_json::{Value, json};

use super::parameter::FilterError;
use crate::auth::client::column::{Column, ColumnKind};
use crate::auth::client::row::{ClientRow, Scalar};
use crate::auth::time::Timestamp;
use crate::auth::token::iso8601;
use crate::wire::loopback::detail::Detail;

/// What reads answer instead of a secret; sent back in a PUT or PATCH it means "unchanged".
pub const MASK: &str = "********";

/// The column that a filter names; `path` points at the name's value, `parent` at what holds it.
///
/// The only way from a caller's text to a column: unknown names and secrets are rejected.
pub(super) fn named(
    property: &str,
    parent: &str,
    path: &str,
) -> Result<&'static Column, FilterError> {
    match Column::of_property(property) {
        None => Err(Detail::additional(parent, property).into()),
        Some(column) if column.kind == ColumnKind::Secret => {
            Err(Detail::pattern(path, "must NOT be about a secret").into())
        }
        Some(column) => Ok(column),
    }
}

/// A row's value in a column as it is written on the wire; secrets are [`MASK`].
pub fn json(column: &Column, row: &ClientRow) -> Value {
    match (row.value(column), column.kind) {
        (_, ColumnKind::Secret) => json!(MASK),
        (None, _) => Value::Null,
        (Some(Scalar::Integer(number)), ColumnKind::Boolean) => json!(*number != 0),
        (Some(Scalar::Integer(number)), ColumnKind::Time) => {
            json!(iso8601(Timestamp::from_millis(*number)))
        }
        (Some(scalar), _) => json!(scalar),
    }
}
