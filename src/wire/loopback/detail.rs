//! What is wrong with a body, property by property, in AJV's words.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

use super::rejection;
use crate::error::{InvalidInput, Reason, SecondFactor};
use crate::wire::document::NO_NUL;

/// As much of a property's name as a detail repeats, in characters: one may need six bytes in JSON, and
/// a list has twenty details.
const MAX_NAME: usize = 100;

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
            info: json!({ "additionalProperty": shortened(property) }),
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

    /// A text has U+0000.
    pub fn nul(path: &str) -> Self {
        Self::pattern(&shortened(path), NO_NUL)
    }

    /// A number is smaller than its property allows.
    pub fn minimum(path: &str, limit: i64) -> Self {
        Self::bound(path, "minimum", ">=", limit)
    }

    /// A number is larger than its property allows.
    pub fn maximum(path: &str, limit: i64) -> Self {
        Self::bound(path, "maximum", "<=", limit)
    }

    /// A sign-in waits for its second factor.
    pub fn second_factor(waiting: &SecondFactor) -> Self {
        Self {
            path: String::new(),
            code: "mfa-required",
            message: rejection::text(Reason::SecondFactorMissing).to_owned(),
            info: json!({
                "mfaToken": waiting.token,
                "methods": waiting.methods,
                "expiresIn": waiting.expires_in,
            }),
        }
    }

    /// The operation needs a stronger or fresher authentication.
    pub fn step_up(message: &str, acr: &str, max_age: Option<u32>) -> Self {
        let mut info = json!({ "acr_values": acr });
        if let (Some(age), Some(info)) = (max_age, info.as_object_mut()) {
            info.insert("max_age".to_owned(), json!(age));
        }
        Self {
            path: String::new(),
            code: "step-up-required",
            message: message.to_owned(),
            info,
        }
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

fn shortened(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(MAX_NAME) {
        None => name.into(),
        Some((end, _)) => {
            let start = name.get(..end).unwrap_or_default();
            format!("{start}…").into()
        }
    }
}

impl From<InvalidInput> for Detail {
    fn from(input: InvalidInput) -> Self {
        let path = format!("/{}", input.field());
        let message = match input {
            InvalidInput::PasswordTooShort(limit) => return Self::too_short(&path, limit),
            InvalidInput::PasswordTooLong(limit) | InvalidInput::StateTooLong(limit) => {
                return Self::too_long(&path, limit);
            }
            InvalidInput::MissingChallenge => return Self::required(input.field()),
            InvalidInput::MethodWithoutChallenge => "must NOT be present without code_challenge",
            InvalidInput::UnsupportedMethod => "must be S256",
            InvalidInput::MalformedChallenge => {
                "must be the base64url SHA-256 of the verifier, 43 characters"
            }
            InvalidInput::UnusableChallenge => "must not be sent by a client without redirectUrl",
            InvalidInput::UnknownPrompt => "must be login or select_account",
        };
        Self::pattern(&path, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_that_breaks_a_rule_has_its_pointer_and_keyword() {
        let laid_out = |input: InvalidInput| {
            let detail = Detail::from(input);
            (detail.path, detail.code)
        };
        for (input, path, code) in [
            (InvalidInput::PasswordTooShort(8), "/password", "minLength"),
            (InvalidInput::PasswordTooLong(256), "/password", "maxLength"),
            (InvalidInput::StateTooLong(512), "/state", "maxLength"),
            (
                InvalidInput::MethodWithoutChallenge,
                "/code_challenge_method",
                "pattern",
            ),
            (
                InvalidInput::UnsupportedMethod,
                "/code_challenge_method",
                "pattern",
            ),
            (
                InvalidInput::MalformedChallenge,
                "/code_challenge",
                "pattern",
            ),
            (
                InvalidInput::UnusableChallenge,
                "/code_challenge",
                "pattern",
            ),
            (InvalidInput::UnknownPrompt, "/prompt", "pattern"),
            (InvalidInput::MissingChallenge, "", "required"),
        ] {
            assert_eq!(laid_out(input), (path.to_owned(), code), "{input:?}");
        }
    }
}
