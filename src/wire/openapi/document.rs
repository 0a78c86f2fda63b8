//! The document as a whole.

use serde_json::{Map, Value, json};

use super::operation::{Answers, Caller, Operation, Takes};
use super::operations::{MANAGEMENT, SIGNING_IN};
use super::{parameters, schema};
use crate::auth::table::column::Table;
use crate::wire::loopback::management::bodies_of;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const KEY_SET: &str = "application/jwk-set+json";

/// The `OpenAPI` 3.1 document.
pub fn document() -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for (name, component) in schema::components() {
        schemas.insert(name.to_owned(), component);
    }
    for operation in SIGNING_IN.iter().chain(MANAGEMENT) {
        if let Answers::Row(table) | Answers::Rows(table) = operation.answers {
            schemas.insert(name_of(table), schema::row(table));
        }
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Value::Object(path) = path {
            path.insert(operation.method.to_owned(), described(operation));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Edgelatch", "version": env!("CARGO_PKG_VERSION") },
        // Relative to where the document was read.
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                "client": { "type": "http", "scheme": "basic" },
            },
        },
    })
}

fn described(operation: &Operation) -> Value {
    let mut described = json!({
        "operationId": operation_id(operation),
        "summary": operation.summary,
        "tags": [tag(operation.path)],
        "parameters": parameters::of(operation),
        "responses": responses(operation.answers),
        "security": match operation.caller {
            Caller::Anybody => json!([]),
            Caller::Bearer => json!([{ "bearer": [] }]),
            Caller::BearerOrClient => json!([{ "bearer": [] }, { "client": [] }]),
        },
    });
    if let (Some(body), Value::Object(members)) = (body(operation.takes), &mut described) {
        members.insert("requestBody".to_owned(), body);
    }
    described
}

/// `patchTenantsByIdUsersByUserId`
fn operation_id(operation: &Operation) -> String {
    let mut id = operation.method.to_owned();
    for word in operation.path.split(['/', '-', '.']) {
        let by = word.strip_prefix('{').map_or("", |_| "By");
        let mut letters = word.trim_matches(['{', '}']).chars();
        id.push_str(by);
        id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        id.extend(letters);
    }
    id
}

fn tag(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or_default()
}

fn name_of(table: &Table) -> String {
    if table.entity == "auth_clients" {
        "AuthClient".to_owned()
    } else {
        table.entity.to_owned()
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn body(takes: Takes) -> Option<Value> {
    let (media, schema, required) = match takes {
        Takes::Json(model) => (JSON, schema::body(model, None), has_required(&takes)),
        Takes::JsonWithSecret(model) => (JSON, schema::with_secret(model), true),
        Takes::Form(model) => (FORM, schema::body(model, None), true),
        Takes::JsonList(model) => {
            let items = schema::body(model, None);
            (
                JSON,
                json!({ "type": "array", "items": items, "maxItems": 100 }),
                true,
            )
        }
        Takes::NewRow(table) => (JSON, schema::body(&bodies_of(table).new, Some(table)), true),
        Takes::Replacement(table) => (
            JSON,
            schema::body(&bodies_of(table).replacement, Some(table)),
            true,
        ),
        Takes::Changes(table) | Takes::ChangesWhere(table) => (
            JSON,
            schema::body(&bodies_of(table).partial, Some(table)),
            true,
        ),
        _ => return None,
    };
    Some(json!({ "required": required, "content": { media: { "schema": schema } } }))
}

fn has_required(takes: &Takes) -> bool {
    match takes {
        Takes::Json(model) => model.fields.iter().any(|field| field.required),
        _ => false,
    }
}

/// What an operation answers; whatever is wrong has the envelope of errors.
fn responses(answers: Answers) -> Value {
    let media = match answers {
        Answers::KeySet => KEY_SET,
        _ => JSON,
    };
    let content = |schema: Value| json!({ "description": "Done", "content": { media: { "schema": schema } } });
    let list = |schema: Value| content(json!({ "type": "array", "items": schema }));
    let (status, response) = match answers {
        Answers::Nothing => ("204", json!({ "description": "Done" })),
        Answers::Emptiness | Answers::LoggedOut => ("200", json!({ "description": "Done" })),
        Answers::Row(table) => ("200", content(reference(&name_of(table)))),
        Answers::Rows(table) => ("200", list(reference(&name_of(table)))),
        Answers::One(name) => ("200", content(reference(name))),
        Answers::Many(name) => ("200", list(reference(name))),
        Answers::Redirect => ("302", json!({ "description": "Sent on" })),
        Answers::KeySet => ("200", content(reference("KeySet"))),
    };
    let error = match answers {
        Answers::LoggedOut => "OAuthError",
        _ => "Error",
    };
    let failure = json!({
        "description": "Refused",
        "content": { JSON: { "schema": reference(error) } },
    });
    json!({ status: response, "default": failure })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refs(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    if let ("$ref", Some(text)) = (name.as_str(), value.as_str()) {
                        found.push(text.to_owned());
                    }
                    refs(value, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| refs(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_to_a_schema() {
        let document = document();
        let mut found = Vec::new();
        refs(&document, &mut found);
        assert!(found.len() > 50);
        for reference in found {
            let pointer = reference.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn a_body_says_what_its_model_and_its_columns_say() {
        let document = document();
        let body = "/paths/~1tenants/post/requestBody/content/application~1json/schema";
        let schema = document.pointer(body).unwrap();
        assert_eq!(schema["required"], json!(["name"]));
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(
            schema["properties"]["key"],
            json!({ "type": "string", "minLength": 1, "maxLength": 20 })
        );
        assert_eq!(
            schema["properties"]["status"],
            json!({ "type": "number", "minimum": 0, "maximum": 2, "multipleOf": 1 })
        );
        let role = &document["components"]["schemas"]["Role"]["properties"];
        assert_eq!(
            role["permissions"],
            json!({ "type": "array", "items": { "type": "string" } })
        );
    }

    #[test]
    fn a_client_needs_its_secret_where_one_that_keeps_none_is_refused() {
        let document = document();
        let required = |path: &str| {
            let content = "post/requestBody/content/application~1json/schema/required";
            let required = document.pointer(&format!("/paths/~1auth~1{path}/{content}"));
            let names = required.and_then(Value::as_array).unwrap();
            names.iter().any(|name| name == "client_secret")
        };
        assert!(required("login-token"));
        assert!(!required("login"));
    }

    #[test]
    fn operations_have_names_of_their_own() {
        let names = SIGNING_IN.iter().chain(MANAGEMENT).map(operation_id);
        let mut names: Vec<_> = names.collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(names.contains(&"patchTenantsByIdUsersByUserId".to_owned()));
    }
}
