//! `fields`: which properties a reply shows.

use serde_json::{Map, Value};

use super::coerce::boolean;
use super::column::{json, named};
use super::parameter::FilterError;
use crate::auth::client::column::{COLUMNS, Column};
use crate::auth::client::row::ClientRow;
use crate::wire::document::pointer;
use crate::wire::loopback::detail::Detail;

/// The properties that a reply shows. The default is all of them.
#[derive(Debug, Clone)]
pub struct Projection(Vec<&'static Column>);

impl Default for Projection {
    fn default() -> Self {
        Self(COLUMNS.iter().collect())
    }
}

impl Projection {
    /// Reads `fields`, which is found at `path`: `{"id": true}`, `{"redirectUrl": false}` or `["id"]`.
    pub(super) fn read(value: &Value, path: &str) -> Result<Self, FilterError> {
        let (shown, hidden) = match value {
            Value::Object(members) => by_name(members, path)?,
            Value::Array(items) => (listed(items, path)?, Vec::new()),
            _ => return Err(Detail::wrong_type(path, "object").into()),
        };
        let kept = |column: &&Column| {
            if shown.is_empty() {
                !hidden.contains(column)
            } else {
                shown.contains(column)
            }
        };
        Ok(Self(COLUMNS.iter().filter(kept).collect()))
    }

    /// A row as it is read: the documented order, nulls shown, secrets masked.
    pub fn show(&self, row: &ClientRow) -> Map<String, Value> {
        self.0
            .iter()
            .map(|column| (column.property.to_owned(), json(column, row)))
            .collect()
    }
}

type Columns = Vec<&'static Column>;

/// What is to be shown and what is to be hidden.
fn by_name(members: &Map<String, Value>, path: &str) -> Result<(Columns, Columns), FilterError> {
    let (mut shown, mut hidden) = (Vec::new(), Vec::new());
    for (name, value) in members {
        let at = pointer(path, name);
        let column = named(name, path, &at)?;
        match boolean(value) {
            Some(true) => shown.push(column),
            Some(false) => hidden.push(column),
            None => return Err(Detail::wrong_type(&at, "boolean").into()),
        }
    }
    Ok((shown, hidden))
}

fn listed(items: &[Value], path: &str) -> Result<Columns, FilterError> {
    let column = |(at, item): (usize, &Value)| {
        let at = pointer(path, &at.to_string());
        let name = item
            .as_str()
            .ok_or_else(|| Detail::wrong_type(&at, "string"))?;
        named(name, &at, &at)
    };
    items.iter().enumerate().map(column).collect()
}
