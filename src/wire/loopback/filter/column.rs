//! Columns by their properties, and their values as the API shows them.

use serde_json::{Value, json};

use super::parameter::FilterError;
use crate::auth::table::column::{Column, ColumnKind, Table};
use crate::auth::table::row::{Scalar, TableRow};
use crate::auth::time::Timestamp;
use crate::auth::token::iso8601;
use crate::wire::loopback::detail::Detail;

/// What reads answer instead of a secret; sent back in a PUT or PATCH it means "unchanged".
pub const MASK: &str = "********";

/// The column that a filter names; `path` points at the name's value, `parent` at what holds it.
///
/// The only way from a caller's text to a column: unknown names and secrets are rejected.
pub(super) fn named(
    table: &Table,
    property: &str,
    parent: &str,
    path: &str,
) -> Result<&'static Column, FilterError> {
    match table.of_property(property) {
        None => Err(Detail::additional(parent, property).into()),
        Some(column) if column.kind == ColumnKind::Secret => {
            Err(Detail::pattern(path, "must NOT be about a secret").into())
        }
        Some(column) => Ok(column),
    }
}

/// The column that a condition or an order is about: one whose values compare.
pub(super) fn comparable(
    table: &Table,
    property: &str,
    parent: &str,
    path: &str,
) -> Result<&'static Column, FilterError> {
    let column = named(table, property, parent, path)?;
    if column.is_comparable() {
        Ok(column)
    } else {
        Err(Detail::pattern(path, "must NOT be about a list or object").into())
    }
}

/// A row's value in a column as it is written on the wire; secrets are [`MASK`].
pub fn json(column: &Column, row: &TableRow) -> Value {
    match (row.value(column), column.kind) {
        (_, ColumnKind::Secret) => json!(MASK),
        (None, _) => Value::Null,
        (Some(Scalar::Integer(number)), ColumnKind::Boolean) => json!(*number != 0),
        (Some(Scalar::Integer(number)), ColumnKind::Time) => {
            json!(iso8601(Timestamp::from_millis(*number)))
        }
        (Some(Scalar::Text(day)), ColumnKind::Date) => json!(format!("{day}T00:00:00.000Z")),
        (Some(Scalar::Text(text)), ColumnKind::Texts | ColumnKind::Object) => {
            serde_json::from_str(text).unwrap_or_default()
        }
        (Some(scalar), _) => json!(scalar),
    }
}
