//! Request bodies against their models: the 422 that AJV gives in the original.

use chrono::DateTime;
use serde_json::{Map, Value};

use super::detail::Detail;
use super::failure::LoopbackFailure;

/// A request body: which properties it has.
pub struct Model {
    /// In the API document's order, which is the order of the details.
    pub fields: &'static [Field],
    /// Whether other properties are refused; all models but one are closed.
    pub closed: bool,
}

/// One property of a body.
#[derive(Clone, Copy)]
pub struct Field {
    /// As on the wire.
    pub name: &'static str,
    /// The JSON type.
    pub kind: ValueKind,
    /// Whether its absence is refused.
    pub required: bool,
    /// Whether `null` is accepted.
    pub nullable: bool,
}

/// JSON types of properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// Text.
    String,
    /// Text that is an RFC 3339 time.
    DateTime,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An object with any members.
    Object,
    /// A list of texts.
    Strings,
}

impl Field {
    /// A property that must be there.
    pub const fn required(name: &'static str, kind: ValueKind) -> Self {
        Self {
            name,
            kind,
            required: true,
            nullable: false,
        }
    }

    /// A property that may be absent.
    pub const fn optional(name: &'static str, kind: ValueKind) -> Self {
        Self {
            name,
            kind,
            required: false,
            nullable: false,
        }
    }

    fn check(&self, value: &Value) -> Option<Detail> {
        if value.is_null() && self.nullable {
            return None;
        }
        let fits = match self.kind {
            ValueKind::String | ValueKind::DateTime => value.is_string(),
            ValueKind::Number => value.is_number(),
            ValueKind::Boolean => value.is_boolean(),
            ValueKind::Object => value.is_object(),
            ValueKind::Strings => value.is_array(),
        };
        let path = format!("/{}", self.name);
        if !fits {
            return Some(Detail::wrong_type(&path, self.kind.name()));
        }
        let text = value
            .as_str()
            .filter(|_| self.kind == ValueKind::DateTime)?;
        DateTime::parse_from_rfc3339(text)
            .is_err()
            .then(|| Detail::wrong_format(&path, "date-time"))
    }
}

impl ValueKind {
    const fn name(self) -> &'static str {
        match self {
            Self::String | Self::DateTime => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Object => "object",
            Self::Strings => "array",
        }
    }
}

/// The most details of one 422, so that an answer does not outgrow its question.
const MAX_DETAILS: usize = 20;

/// Checks a body: missing properties first, then unknown ones, then each property's value.
pub fn check(model: &Model, body: Value) -> Result<Map<String, Value>, LoopbackFailure> {
    check_without(model, body, "")
}

/// The same, with a property that may be missing.
pub fn check_without(
    model: &Model,
    body: Value,
    waived: &str,
) -> Result<Map<String, Value>, LoopbackFailure> {
    let object = match body {
        Value::Object(object) => object,
        Value::Null => return Ok(Map::new()),
        _ => {
            return Err(LoopbackFailure::InvalidBody(vec![Detail::wrong_type(
                "", "object",
            )]));
        }
    };
    let missing = model
        .fields
        .iter()
        .filter(|field| field.required && field.name != waived)
        .filter(|field| !object.contains_key(field.name))
        .map(|field| Detail::required(field.name));
    let known = |name: &str| model.fields.iter().any(|field| field.name == name);
    let unknown = object
        .keys()
        .filter(|name| model.closed && !known(name))
        .map(|name| Detail::additional("", name));
    let wrong = model
        .fields
        .iter()
        .filter_map(|field| field.check(object.get(field.name)?));
    let details = missing.chain(unknown).chain(wrong);
    let details: Vec<Detail> = details.take(MAX_DETAILS).collect();
    if details.is_empty() {
        Ok(object)
    } else {
        Err(LoopbackFailure::InvalidBody(details))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const MODEL: Model = Model {
        fields: &[
            Field::required("code", ValueKind::String),
            Field::required("clientId", ValueKind::String),
            Field {
                nullable: true,
                ..Field::optional("deletedOn", ValueKind::DateTime)
            },
            Field::optional("count", ValueKind::Number),
            Field::optional("data", ValueKind::Object),
        ],
        closed: true,
    };

    fn details(body: Value) -> Vec<Detail> {
        match check(&MODEL, body) {
            Err(LoopbackFailure::InvalidBody(details)) => details,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn details_come_in_the_documented_order() {
        let body = json!({"zz": 1, "count": "3", "aa": 2, "code": 1, "deletedOn": "today"});
        assert_eq!(
            details(body),
            [
                Detail::required("clientId"),
                Detail::additional("", "zz"),
                Detail::additional("", "aa"),
                Detail::wrong_type("/code", "string"),
                Detail::wrong_format("/deletedOn", "date-time"),
                Detail::wrong_type("/count", "number"),
            ]
        );
    }

    #[test]
    fn no_more_than_twenty_details_are_told() {
        let members = (0..100).map(|n| (n.to_string(), Value::Null));
        let told = details(Value::Object(members.collect()));
        assert_eq!(told.len(), MAX_DETAILS);
        assert_eq!(told.first(), Some(&Detail::required("code")));
    }

    #[test]
    fn null_is_for_nullable_properties_and_whole_bodies() {
        assert!(check(&MODEL, Value::Null).is_ok());
        assert!(
            check(
                &MODEL,
                json!({"code": "", "clientId": "", "deletedOn": null})
            )
            .is_ok()
        );
        assert_eq!(
            details(json!({"code": null, "clientId": ""})),
            [Detail::wrong_type("/code", "string")]
        );
        assert_eq!(details(json!([])), [Detail::wrong_type("", "object")]);
        assert_eq!(details(json!("x")), [Detail::wrong_type("", "object")]);
    }

    #[test]
    fn open_models_take_anything_besides() {
        let open = Model {
            closed: false,
            ..MODEL
        };
        assert!(check(&open, json!({"code": "", "clientId": "", "x": 1})).is_ok());
    }
}
