//! `fields`: which properties a reply shows.

use serde_json::{Map, Value};

use super::coerce::boolean;
use super::column::{json, named};
use super::parameter::FilterError;
use crate::auth::table::column::{Column, Table};
use crate::auth::table::row::TableRow;
use crate::wire::document::pointer;
use crate::wire::loopback::detail::Detail;

/// The properties that a reply shows.
#[derive(Debug, Clone)]
pub struct Projection(Vec<&'static Column>);

impl Projection {
    /// All properties of a table.
    pub fn all(table: &'static Table) -> Self {
        Self(table.columns.iter().collect())
    }

    /// Reads `fields`, which is found at `path`: `{"id": true}`, `{"redirectUrl": false}` or `["id"]`.
    pub(super) fn read(
        table: &'static Table,
        value: &Value,
        path: &str,
    ) -> Result<Self, FilterError> {
        let (shown, hidden) = match value {
            Value::Object(members) => by_name(table, members, path)?,
            Value::Array(items) => (listed(table, items, path)?, Vec::new()),
            _ => return Err(Detail::wrong_type(path, "object").into()),
        };
        let kept = |column: &&Column| {
            if shown.is_empty() {
                !hidden.contains(column)
            } else {
                shown.contains(column)
            }
        };
        Ok(Self(table.columns.iter().filter(kept).collect()))
    }

    /// A row as it is read: the documented order, nulls shown, secrets masked.
    pub fn show(&self, row: &TableRow) -> Map<String, Value> {
        self.0
            .iter()
            .map(|column| (column.property.to_owned(), json(column, row)))
            .collect()
    }
}

type Columns = Vec<&'static Column>;

/// What is to be shown and what is to be hidden.
fn by_name(
    table: &Table,
    members: &Map<String, Value>,
    path: &str,
) -> Result<(Columns, Columns), FilterError> {
    let (mut shown, mut hidden) = (Vec::new(), Vec::new());
    for (name, value) in members {
        let at = pointer(path, name);
        let column = named(table, name, path, &at)?;
        match boolean(value) {
            Some(true) => shown.push(column),
            Some(false) => hidden.push(column),
            None => return Err(Detail::wrong_type(&at, "boolean").into()),
        }
    }
    Ok((shown, hidden))
}

fn listed(table: &Table, items: &[Value], path: &str) -> Result<Columns, FilterError> {
    let column = |(at, item): (usize, &Value)| {
        let at = pointer(path, &at.to_string());
        let name = item
            .as_str()
            .ok_or_else(|| Detail::wrong_type(&at, "string"))?;
        named(table, name, &at, &at)
    };
    items.iter().enumerate().map(column).collect()
}
