//! Failures as LoopBack writes them: `{"error":{…}}`, the message flat or nested.
//!
//! A refusal inside an authentication strategy carries its message as an object; one by the
//! operation itself carries it as text. Clients of the original tell them apart by that.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::error::{Error, Reason};
use crate::wire::reply::Reply;

const CONTENT_TYPE: &str = "application/json; charset=utf-8";
const BEARER_CHALLENGE: &str = "Bearer realm=\"Users\"";
const INVALID_BODY: &str =
    "The request body is invalid. See error object `details` property for more info.";
/// The longest value of a parameter that is repeated whole, in characters.
const MAX_ECHO: usize = 1_000;

/// Writes a failure as an answer.
pub fn reply(error: &Error) -> Reply {
    let body = json!({ "error": members(error) });
    let reply = Reply::json_as(error.status(), CONTENT_TYPE, &body)
        .unwrap_or_else(|_| Reply::empty(error.status()))
        .with_headers_of(error);
    match error {
        Error::NoBearer => reply.with("www-authenticate", BEARER_CHALLENGE),
        Error::BearerMalformed | Error::Strategy(Reason::BearerExpired | Reason::TokenRevoked) => {
            reply.with(
                "www-authenticate",
                format!("{BEARER_CHALLENGE}, error=\"invalid_token\""),
            )
        }
        Error::NoBasic => reply.with("www-authenticate", "Basic realm=\"Clients\""),
        _ => reply,
    }
}

fn members(error: &Error) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("statusCode".to_owned(), json!(error.status()));
    if let Some(name) = name(error) {
        members.insert("name".to_owned(), json!(name));
    }
    members.insert("message".to_owned(), message(error));
    if let Some(code) = code(error) {
        members.insert("code".to_owned(), json!(code));
    }
    if let Some(details) = details(error) {
        members.insert("details".to_owned(), details);
    }
    members
}

/// The error class of the original; a 5xx shows none.
const fn name(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::Syntax(_) => "SyntaxError",
        Error::EntityNotFound { .. } | Error::IdChanged { .. } => "Error",
        _ => match error.status() {
            400 => "BadRequestError",
            401 => "UnauthorizedError",
            403 => "ForbiddenError",
            404 => "NotFoundError",
            405 => "MethodNotAllowedError",
            408 => "RequestTimeoutError",
            409 => "ConflictError",
            413 => "PayloadTooLargeError",
            415 => "UnsupportedMediaTypeError",
            422 => "UnprocessableEntityError",
            429 => "TooManyRequestsError",
            _ => return None,
        },
    })
}

fn message(error: &Error) -> Value {
    match error {
        Error::Strategy(why) => json!({ "message": why.text() }),
        Error::Refused(why) => json!(why.text()),
        Error::Invalid(_) => json!(INVALID_BODY),
        Error::Syntax(text) | Error::BadRequest(text) => json!(text),
        Error::MissingParameter(name) => json!(format!("Required parameter {name} is missing!")),
        Error::BadParameter { name, value, .. } => {
            let value = shortened(value);
            json!(format!("Invalid data {value} for parameter \"{name}\"."))
        }
        Error::UnsupportedMedia { got, expected } => {
            json!(format!("Content-type {got} does not match [{expected}]."))
        }
        Error::UnsupportedCoding(coding) => {
            json!(format!("unsupported content encoding \"{coding}\""))
        }
        Error::Timeout => json!("request timeout"),
        Error::TooLarge => json!("request entity too large"),
        Error::NoBearer => json!(BEARER_CHALLENGE),
        Error::BearerMalformed => json!(400),
        Error::NoBasic => json!("Unauthorized"),
        Error::NotAllowed => json!("NotAllowedAccess"),
        Error::NoSuchPath => json!("Not Found"),
        Error::NoSuchMethod(_) => json!("Method Not Allowed"),
        Error::EntityNotFound { entity, id } => {
            json!(format!("Entity not found: {entity} with id {id}"))
        }
        Error::NoEntity => json!("EntityNotFound"),
        Error::IdChanged { from, to } => json!(format!(
            "id property (id) cannot be updated from {from} to {to}"
        )),
        Error::Conflict(columns) => {
            json!(format!("Unique constraint violation error ! {columns}"))
        }
        Error::TooMany(_) => json!("Too Many Requests"),
        Error::NotConfigured(_) => json!("Not Implemented"),
        Error::Unavailable(_) => json!("Service Unavailable"),
        Error::Misconfigured(what) => json!(format!("Misconfigured: {what}")),
        Error::Internal(_) => json!("Internal Server Error"),
    }
}

/// As much of a parameter as an answer repeats: what needs no escape in a URL may need seven bytes here.
fn shortened(value: &str) -> Cow<'_, str> {
    match value.char_indices().nth(MAX_ECHO) {
        None => value.into(),
        Some(_) => value.chars().take(MAX_ECHO).chain(['…']).collect(),
    }
}

const fn code(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::Invalid(_) => "VALIDATION_FAILED",
        Error::MissingParameter(_) => "MISSING_REQUIRED_PARAMETER",
        Error::BadParameter { .. } => "INVALID_PARAMETER_VALUE",
        Error::UnsupportedMedia { .. } => "UNSUPPORTED_MEDIA_TYPE",
        Error::EntityNotFound { .. } => "ENTITY_NOT_FOUND",
        _ => return None,
    })
}

fn details(error: &Error) -> Option<Value> {
    match error {
        Error::Invalid(details) => Some(json!(details)),
        Error::BadParameter { details, .. } if !details.is_null() => Some(details.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Detail;

    fn body(error: &Error) -> Value {
        serde_json::from_slice(&reply(error).body.unwrap()).unwrap()
    }

    #[test]
    fn a_strategy_nests_its_message_and_an_operation_does_not() {
        assert_eq!(
            body(&Error::Strategy(Reason::ClientInvalid)),
            json!({"error": {"statusCode": 401, "name": "UnauthorizedError",
                "message": {"message": "Client Invalid"}}})
        );
        assert_eq!(
            body(&Error::Refused(Reason::ClientUserMissing)),
            json!({"error": {"statusCode": 422, "name": "UnprocessableEntityError",
                "message": "Client User Missing"}})
        );
        assert_eq!(
            body(&Error::BearerMalformed)["error"]["message"],
            json!(400)
        );
    }

    #[test]
    fn a_parameter_is_repeated_no_longer_than_it_needs_to_be_known_by() {
        let message = |length: usize| {
            let error = Error::BadParameter {
                name: "filter",
                value: "\u{1}".repeat(length),
                details: Value::Null,
            };
            body(&error)["error"]["message"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert!(!message(MAX_ECHO).contains('…'));
        let long = message(60_000);
        assert!(long.contains('…') && long.chars().count() < MAX_ECHO + 50);
    }

    #[test]
    fn a_422_lists_its_details() {
        let error = Error::Invalid(vec![Detail::required("code")]);
        assert_eq!(
            body(&error),
            json!({"error": {
                "statusCode": 422,
                "name": "UnprocessableEntityError",
                "message": INVALID_BODY,
                "code": "VALIDATION_FAILED",
                "details": [{"path": "", "code": "required",
                    "message": "must have required property 'code'",
                    "info": {"missingProperty": "code"}}],
            }})
        );
    }

    #[test]
    fn a_5xx_tells_nothing_but_the_name_of_a_setting() {
        let secret = "disk on fire".to_owned();
        assert_eq!(
            body(&Error::Internal(secret.clone())),
            json!({"error": {"statusCode": 500, "message": "Internal Server Error"}})
        );
        let outage = Error::Unavailable(secret);
        assert_eq!(
            body(&outage),
            json!({"error": {"statusCode": 503, "message": "Service Unavailable"}})
        );
        assert!(reply(&outage).has("retry-after"));
        assert_eq!(
            body(&Error::NotConfigured("MAIL_FROM")),
            json!({"error": {"statusCode": 501, "message": "Not Implemented"}})
        );
        let message =
            &body(&Error::Misconfigured("JWT_KEYS is missing".to_owned()))["error"]["message"];
        assert_eq!(message, "Misconfigured: JWT_KEYS is missing");
    }

    #[test]
    fn a_405_names_the_methods_there_are() {
        let reply = reply(&Error::NoSuchMethod(vec!["GET", "HEAD"]));
        assert!(reply.headers.contains(&("allow", "GET, HEAD".to_owned())));
    }
}
