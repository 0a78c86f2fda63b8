//! What is wrong with a body, property by property, in AJV's words.

use serde::Serialize;
use serde_json::{Value, json};

/// One entry of a 422's or a filter error's `details`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detail {
    /// JSON pointer to the offending value; empty for the whole body.
    pub path: String,
    /// The JSON schema keyword that was broken.
    pub code: &'static str,
    /// What is wrong, in AJV's words.
    pub message: String,
    /// The keyword's parameters.
    pub info: Value,
}

impl Detail {
    /// A required property is absent.
    pub fn required(property: &str) -> Self {
        Self {
            path: String::new(),
            code: "required",
            message: format!("must have required property '{property}'"),
            info: json!({ "missingProperty": property }),
        }
    }

    /// A closed model was sent a property it does not have.
    pub fn additional(path: &str, property: &str) -> Self {
        Self {
            path: path.to_owned(),
            code: "additionalProperties",
            message: "must NOT have additional properties".to_owned(),
            info: json!({ "additionalProperty": property }),
        }
    }

    /// A value has another JSON type than its property.
    pub fn wrong_type(path: &str, kind: &str) -> Self {
        Self {
            path: path.to_owned(),
            code: "type",
            message: format!("must be {kind}"),
            info: json!({ "type": kind }),
        }
    }

    /// A string is not of its format.
    pub fn wrong_format(path: &str, format: &str) -> Self {
        Self {
            path: path.to_owned(),
            code: "format",
            message: format!("must match format \"{format}\""),
            info: json!({ "format": format }),
        }
    }

    /// A string does not match the pattern or rule its property has.
    pub fn pattern(path: &str, message: &str) -> Self {
        Self {
            path: path.to_owned(),
            code: "pattern",
            message: message.to_owned(),
            info: json!({}),
        }
    }

    /// A number is smaller than its property allows.
    pub fn minimum(path: &str, limit: i64) -> Self {
        Self::bound(path, "minimum", ">=", limit)
    }

    /// A number is larger than its property allows.
    pub fn maximum(path: &str, limit: i64) -> Self {
        Self::bound(path, "maximum", "<=", limit)
    }

    fn bound(path: &str, code: &'static str, comparison: &str, limit: i64) -> Self {
        Self {
            path: path.to_owned(),
            code,
            message: format!("must be {comparison} {limit}"),
            info: json!({ "comparison": comparison, "limit": limit }),
        }
    }

    /// A string has fewer characters than its property needs.
    pub fn too_short(path: &str, limit: usize) -> Self {
        Self {
            path: path.to_owned(),
            code: "minLength",
            message: format!("must NOT have fewer than {limit} characters"),
            info: json!({ "limit": limit }),
        }
    }

    /// A string has more characters than its property allows.
    pub fn too_long(path: &str, limit: usize) -> Self {
        Self {
            path: path.to_owned(),
            code: "maxLength",
            message: format!("must NOT have more than {limit} characters"),
            info: json!({ "limit": limit }),
        }
    }
}
