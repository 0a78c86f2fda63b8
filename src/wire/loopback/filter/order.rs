//! `order`: `"<property> [ASC|DESC]"`, several separated by commas, or a list of such.

use serde_json::Value;

use super::column::comparable;
use super::parameter::FilterError;
use crate::auth::table::column::{Column, Table};
use crate::auth::table::page::Direction;
use crate::wire::document::pointer;
use crate::wire::loopback::detail::Detail;

/// What to sort by, each column once.
pub(super) type Order = Vec<(&'static Column, Direction)>;

/// Reads `order`, which is found at `path`.
pub(super) fn read(table: &Table, value: Option<&Value>, path: &str) -> Result<Order, FilterError> {
    let mut order = Vec::new();
    match value {
        None | Some(Value::Null) => {}
        Some(Value::Array(items)) => {
            for (at, item) in items.iter().enumerate() {
                terms(table, item, &pointer(path, &at.to_string()), &mut order)?;
            }
        }
        Some(text) => terms(table, text, path, &mut order)?,
    }
    Ok(order)
}

fn terms(table: &Table, value: &Value, path: &str, order: &mut Order) -> Result<(), FilterError> {
    let text = value
        .as_str()
        .ok_or_else(|| Detail::wrong_type(path, "string"))?;
    for term in text.split(',') {
        let words: Vec<&str> = term.split_whitespace().collect();
        let (property, direction) = match words.as_slice() {
            [] => continue,
            [property] => (*property, Direction::Ascending),
            [property, word] if word.eq_ignore_ascii_case("asc") => {
                (*property, Direction::Ascending)
            }
            [property, word] if word.eq_ignore_ascii_case("desc") => {
                (*property, Direction::Descending)
            }
            _ => {
                let message = "must be \"<property> [ASC|DESC]\"";
                return Err(Detail::pattern(path, message).into());
            }
        };
        let column = comparable(table, property, path, path)?;
        // A column decides nothing the second time.
        if !order.iter().any(|(other, _)| *other == column) {
            order.push((column, direction));
        }
    }
    Ok(())
}
