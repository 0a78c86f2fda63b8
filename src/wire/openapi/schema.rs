//! JSON schemas of bodies and rows.

use serde_json::{Map, Value, json};

use crate::auth::table::column::{Column, ColumnKind, Limit, Table};
use crate::wire::loopback::client_body::SECRET;
use crate::wire::loopback::records::branding::BRANDING;
use crate::wire::loopback::validate::{Field, Model, ValueKind};

/// The schema of a body. Whoever keeps no secret sends none.
pub fn body(model: &Model, table: Option<&Table>) -> Value {
    let required = required(model).filter(|name| *name != SECRET);
    of_model(model, table, required.collect())
}

/// The schema of a body that is for clients that keep a secret.
pub fn with_secret(model: &Model) -> Value {
    let mut schema = of_model(model, None, required(model).collect());
    if let Some(secret) = schema.pointer_mut("/properties/client_secret") {
        *secret = json!({ "type": "string" });
    }
    schema
}

fn required(model: &Model) -> impl Iterator<Item = &'static str> {
    let required = model.fields.iter().filter(|field| field.required);
    required.map(|field| field.name)
}

fn of_model(model: &Model, table: Option<&Table>, required: Vec<&str>) -> Value {
    let property = |field: &Field| {
        let column = table.and_then(|table| table.of_property(field.name));
        (field.name.to_owned(), of_field(field, column))
    };
    let properties: Map<_, _> = model.fields.iter().map(property).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": !model.closed,
    })
}

fn of_field(field: &Field, column: Option<&Column>) -> Value {
    let kind = match field.kind {
        ValueKind::String | ValueKind::DateTime => "string",
        ValueKind::Number => "number",
        ValueKind::Boolean => "boolean",
        ValueKind::Object => "object",
        ValueKind::Strings => "array",
    };
    let mut schema = typed(kind, field.nullable);
    if field.name == SECRET {
        let who = "Of every client but one that keeps no secret.";
        add(&mut schema, json!({ "description": who }));
    }
    if field.kind == ValueKind::DateTime {
        add(&mut schema, json!({ "format": "date-time" }));
    }
    if let Some(limit) = column.and_then(|column| column.limit) {
        add(&mut schema, limits(limit, field.nullable));
    }
    schema
}

/// What a limit says, in the words of JSON Schema.
fn limits(limit: Limit, nullable: bool) -> Value {
    match limit {
        Limit::Characters(most) => json!({ "minLength": 1, "maxLength": most }),
        Limit::RedirectUrl(most) | Limit::WebUrl(most) => {
            json!({ "minLength": 1, "maxLength": most, "format": "uri" })
        }
        Limit::Address => json!({ "minLength": 3, "maxLength": 320, "format": "email" }),
        Limit::OneOf(allowed) => {
            let mut allowed: Vec<Value> = allowed.iter().map(|text| json!(text)).collect();
            allowed.extend(nullable.then_some(Value::Null));
            json!({ "enum": allowed })
        }
        Limit::UpTo(most) => json!({ "minimum": 1, "maximum": most, "multipleOf": 1 }),
        Limit::Between(least, most) => {
            json!({ "minimum": least, "maximum": most, "multipleOf": 1 })
        }
        Limit::Day => json!({ "format": "date" }),
        Limit::Texts(most) => json!({
            "maxItems": most,
            "items": { "type": "string", "minLength": 1, "maxLength": 150 },
        }),
        Limit::Flag | Limit::Object(_) => json!({}),
    }
}

/// The schema of a row as it is shown; a filter's `fields` may leave out any of it.
pub fn row(table: &Table) -> Value {
    let property = |column: &Column| (column.property.to_owned(), of_column(column));
    let properties: Map<_, _> = table.columns.iter().map(property).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn of_column(column: &Column) -> Value {
    let kind = match column.kind {
        ColumnKind::Boolean => "boolean",
        ColumnKind::Integer => "integer",
        ColumnKind::Texts => "array",
        ColumnKind::Object => "object",
        ColumnKind::Time | ColumnKind::Date | ColumnKind::Text | ColumnKind::Secret => "string",
    };
    // An address may be missing where a provider brought none.
    let nullable = column.nullable || column.limit == Some(Limit::Address);
    let mut schema = typed(kind, nullable);
    match column.kind {
        ColumnKind::Time | ColumnKind::Date => add(&mut schema, json!({ "format": "date-time" })),
        ColumnKind::Texts => add(&mut schema, json!({ "items": { "type": "string" } })),
        _ => {}
    }
    schema
}

fn typed(kind: &str, nullable: bool) -> Value {
    if nullable {
        json!({ "type": [kind, "null"] })
    } else {
        json!({ "type": kind })
    }
}

fn add(schema: &mut Value, more: Value) {
    if let (Value::Object(schema), Value::Object(more)) = (schema, more) {
        schema.extend(more);
    }
}

/// The schemas of answers that are no rows, by their names.
pub fn components() -> Vec<(&'static str, Value)> {
    let counts = json!({ "type": "object", "additionalProperties": { "type": "integer" } });
    let success = json!({ "type": "object", "properties": { "success": { "type": "boolean" } } });
    let user = json!({ "type": "object", "required": ["id", "username", "permissions"] });
    let otp = json!({ "$ref": "#/components/schemas/Otp" });
    let keys =
        json!({ "type": "array", "items": { "type": "object", "required": ["kty", "kid"] } });
    let tokens = [
        ("accessToken", text()),
        ("refreshToken", text()),
        ("expires", json!({ "type": "integer" })),
    ];
    vec![
        (
            "Any",
            json!({ "type": ["object", "array", "string", "null"] }),
        ),
        ("Count", object(&[("count", json!({ "type": "integer" }))])),
        ("CountByPeriod", counts),
        ("CodeResponse", object(&[("code", text())])),
        ("TokenResponse", object(&tokens)),
        ("SuccessResponse", success),
        ("AuthUser", user),
        ("Otp", object(&[("otp", text()), ("username", text())])),
        ("MaybeOtp", json!({ "oneOf": [otp, { "type": "null" }] })),
        ("Branding", body(&BRANDING, None)),
        ("Session", session()),
        ("Identity", identity()),
        ("KeySet", object(&[("keys", keys)])),
        ("Error", error()),
        (
            "OAuthError",
            object(&[("error", text()), ("error_description", text())]),
        ),
    ]
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn session() -> Value {
    object(&[
        ("id", text()),
        ("clientId", text()),
        ("method", text()),
        ("aal", json!({ "type": "integer" })),
        ("deviceInfo", json!({ "type": ["string", "null"] })),
        ("country", json!({ "type": ["string", "null"] })),
        ("createdOn", time()),
        ("lastUsedOn", time()),
        ("expiresOn", time()),
    ])
}

fn identity() -> Value {
    object(&[
        ("id", text()),
        ("provider", text()),
        ("issuer", text()),
        ("createdOn", time()),
        (
            "lastUsedOn",
            json!({ "type": ["string", "null"], "format": "date-time" }),
        ),
    ])
}

fn error() -> Value {
    json!({
        "type": "object",
        "required": ["error"],
        "properties": { "error": {
            "type": "object",
            "required": ["statusCode", "message"],
            "properties": {
                "statusCode": { "type": "integer" },
                "name": { "type": "string" },
                "message": { "type": ["string", "object", "integer"] },
                "code": { "type": "string" },
                "details": { "type": ["array", "object", "null"] },
            },
        } },
    })
}

fn object(properties: &[(&str, Value)]) -> Value {
    let required: Vec<_> = properties.iter().map(|(name, _)| *name).collect();
    let members = properties.iter().cloned();
    let members: Map<_, _> = members
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    json!({ "type": "object", "properties": members, "required": required, "additionalProperties": false })
}
