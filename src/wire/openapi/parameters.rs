//! The parameters of an operation: those of its path, and those of its query.

use serde_json::{Value, json};

use super::operation::{Operation, Takes};
use crate::auth::table::column::Table;

/// All parameters of an operation.
pub fn of(operation: &Operation) -> Vec<Value> {
    let mut parameters = of_path(operation.path);
    match operation.takes {
        Takes::Query(model) => {
            let fields = model.fields.iter();
            parameters.extend(fields.map(|field| in_query(field.name, field.required)));
        }
        Takes::Names(names, required) => {
            let names = names.iter().enumerate();
            parameters.extend(names.map(|(at, name)| in_query(name, at < required)));
        }
        Takes::Filter(table) => parameters.push(of_json("filter", false, filter(table))),
        Takes::Where | Takes::ChangesWhere(_) => {
            parameters.push(of_json("where", true, json!({ "type": "object" })));
        }
        Takes::MaybeWhere => {
            parameters.push(of_json("where", false, json!({ "type": "object" })));
        }
        _ => {}
    }
    parameters
}

fn of_path(path: &str) -> Vec<Value> {
    let names = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let schema = |name: &str| {
        if name == "range" {
            json!({ "type": "string", "enum": ["daily", "monthly"] })
        } else {
            json!({ "type": "string", "minLength": 1 })
        }
    };
    names
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": schema(name) }))
        .collect()
}

fn in_query(name: &str, required: bool) -> Value {
    json!({ "name": name, "in": "query", "required": required, "schema": { "type": "string" } })
}

/// A parameter that is one JSON text; nested brackets say the same.
fn of_json(name: &str, required: bool, schema: Value) -> Value {
    json!({
        "name": name,
        "in": "query",
        "required": required,
        "content": { "application/json": { "schema": schema } },
    })
}

fn filter(table: &Table) -> Value {
    let properties = table.columns.iter().map(|column| column.property);
    let properties: Vec<_> = properties.collect();
    json!({
        "type": "object",
        "properties": {
            "where": { "type": "object" },
            "order": { "type": ["string", "array"], "items": { "type": "string" } },
            "limit": { "type": "integer", "minimum": 1, "maximum": 1_000 },
            "skip": { "type": "integer", "minimum": 0 },
            "offset": { "type": "integer", "minimum": 0 },
            "fields": { "type": "array", "items": { "enum": properties } },
        },
        "additionalProperties": false,
    })
}
