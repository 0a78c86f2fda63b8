//! What a form sends, as the body of an operation.

use serde_json::{Map, Value};

use super::screen::{Field, Input, Step};
use crate::auth::table::column::{Column, ColumnKind, Table};
use crate::wire::pages::form::Form;

/// The body of a step: what is typed (of a change only what differs), and what is always
/// sent. Nothing that no field is for gets into it.
pub fn body(step: &Step, table: &Table, form: &Form, row: &Value) -> Map<String, Value> {
    let mut body = Map::new();
    for property in step.call.keeps {
        if let Some(value) = row.get(property) {
            body.insert((*property).to_owned(), value.clone());
        }
    }
    for field in step.fields.iter().filter(|field| !is_of_path(step, field)) {
        let value = typed(field, table.of_property(field.property), form);
        let present = row.get(field.property).unwrap_or(&Value::Null);
        let is_sent = if step.call.is_whole {
            !value.is_null()
        } else {
            value != *present
        };
        if is_sent {
            body.insert(field.property.to_owned(), value);
        }
    }
    for (property, value) in step.call.always {
        let value = serde_json::from_str(value).unwrap_or_default();
        body.insert((*property).to_owned(), value);
    }
    body
}

/// Whether a field is for the path of the operation, not for its body.
fn is_of_path(step: &Step, field: &Field) -> bool {
    let mut parts = step.call.path.split(['{', '}']);
    parts.any(|part| part == field.property)
}

/// What was typed, of the type that the column has; a text where it cannot be of that, which the API
/// refuses.
fn typed(field: &Field, column: Option<&'static Column>, form: &Form) -> Value {
    let text = form.text(field.property);
    let as_json = || serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    let kind = column.map_or(ColumnKind::Text, |column| column.kind);
    match (field.input, kind) {
        (Input::Flag, _) | (_, ColumnKind::Boolean) => Value::Bool(form.has(field.property)),
        (Input::Lines, _) | (_, ColumnKind::Texts) => {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            let lines: Vec<Value> = lines.map(Value::from).collect();
            match (
                lines.is_empty(),
                column.is_none_or(|column| column.nullable),
            ) {
                (true, true) => Value::Null,
                _ => Value::Array(lines),
            }
        }
        // What may not be empty is sent so, and refused beside everything else that is wrong.
        _ if text.is_empty() && column.is_none_or(|column| column.nullable) => Value::Null,
        (Input::Words(_) | Input::Json, _) | (_, ColumnKind::Integer | ColumnKind::Object) => {
            as_json()
        }
        _ => Value::from(text),
    }
}
