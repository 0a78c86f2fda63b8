//! Failures as LoopBack writes them: `{"error":{…}}`.
//!
//! An authentication strategy nests its message in an object and answers 401; an operation writes its
//! message as text, with a status of its own. Clients of the original distinguish the two by that.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::detail::Detail;
use super::failure::LoopbackFailure;
use super::rejection;
use crate::error::{Error, Reason};
use crate::wire::reply::Reply;

const CONTENT_TYPE: &str = "application/json; charset=utf-8";
const BEARER_CHALLENGE: &str = "Bearer realm=\"Users\"";
const INVALID_BODY: &str =
    "The request body is invalid. See error object `details` property for more info.";
const STEP_UP: &str = "A fresh or stronger sign-in is required";
/// The longest value of a parameter that is repeated whole, in characters.
const MAX_ECHO: usize = 1_000;

/// Writes a failure as a response: the one place where the ARC API lays out an [`Error`].
pub fn reply(failure: &LoopbackFailure) -> Reply {
    let status = status(failure);
    let body = json!({ "error": members(failure, status) });
    let reply =
        Reply::json_as(status, CONTENT_TYPE, &body).unwrap_or_else(|_| Reply::empty(status));
    match failure {
        LoopbackFailure::Common(error) => challenged(reply.with_headers_of(error), error),
        _ => reply,
    }
}

/// The challenge of a 401 (RFC 6750 §3, RFC 7617 §2, RFC 9470 §3).
fn challenged(reply: Reply, error: &Error) -> Reply {
    match error {
        Error::NoBearer => reply.with("www-authenticate", BEARER_CHALLENGE),
        Error::BearerMalformed
        | Error::Unauthenticated(Reason::BearerExpired | Reason::TokenRevoked) => reply.with(
            "www-authenticate",
            format!("{BEARER_CHALLENGE}, error=\"invalid_token\""),
        ),
        Error::StepUp { acr, max_age } => {
            let max_age = max_age.map_or_else(String::new, |age| format!(", max_age=\"{age}\""));
            let error = "error=\"insufficient_user_authentication\"";
            let challenge = format!("{BEARER_CHALLENGE}, {error}, acr_values=\"{acr}\"{max_age}");
            reply.with("www-authenticate", challenge)
        }
        Error::NoBasic => reply.with("www-authenticate", "Basic realm=\"Clients\""),
        _ => reply,
    }
}

fn members(failure: &LoopbackFailure, status: u16) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("statusCode".to_owned(), json!(status));
    if let Some(name) = name(failure, status) {
        members.insert("name".to_owned(), json!(name));
    }
    members.insert("message".to_owned(), message(failure));
    if let Some(code) = code(failure) {
        members.insert("code".to_owned(), json!(code));
    }
    if let Some(details) = details(failure) {
        members.insert("details".to_owned(), details);
    }
    members
}

const fn status(failure: &LoopbackFailure) -> u16 {
    match failure {
        LoopbackFailure::Common(error) => status_of(error),
        LoopbackFailure::InvalidParameter { .. } => 400,
        LoopbackFailure::NoEntity => 404,
        LoopbackFailure::InvalidBody(_) => 422,
    }
}

const fn status_of(error: &Error) -> u16 {
    match error {
        Error::Syntax(_)
        | Error::MissingParameter(_)
        | Error::IdChanged { .. }
        | Error::BadRequest(_) => 400,
        Error::Unauthenticated(_)
        | Error::NoBearer
        | Error::BearerMalformed
        | Error::NoBasic
        | Error::NeedsSecondFactor(_)
        | Error::StepUp { .. } => 401,
        Error::Rejected(reason) => rejection::status(*reason),
        Error::NotAllowed => 403,
        Error::NoSuchPath | Error::NoSuchRow { .. } => 404,
        Error::NoSuchMethod(_) => 405,
        Error::Timeout => 408,
        Error::Conflict(_) | Error::Exists(_) | Error::InUse(_) => 409,
        Error::TooLarge => 413,
        Error::UnsupportedMedia { .. } | Error::UnsupportedCoding(_) => 415,
        Error::Invalid(_) => 422,
        Error::TooMany(_) => 429,
        Error::Misconfigured(_) | Error::Internal(_) => 500,
        Error::NotConfigured(_) => 501,
        Error::Unavailable(_) => 503,
    }
}

/// The error class of the original; a 5xx shows none.
const fn name(failure: &LoopbackFailure, status: u16) -> Option<&'static str> {
    Some(match failure {
        LoopbackFailure::Common(Error::Syntax(_)) => "SyntaxError",
        LoopbackFailure::Common(Error::NoSuchRow { .. } | Error::IdChanged { .. }) => "Error",
        _ => match status {
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

fn message(failure: &LoopbackFailure) -> Value {
    json!(match failure {
        LoopbackFailure::Common(Error::Unauthenticated(reason)) => {
            return json!({ "message": rejection::text(*reason) });
        }
        LoopbackFailure::Common(Error::BearerMalformed) => return json!(400),
        LoopbackFailure::Common(error) => text(error),
        LoopbackFailure::InvalidBody(_) => INVALID_BODY.into(),
        LoopbackFailure::InvalidParameter { name, value, .. } => {
            let value = shortened(value);
            format!("Invalid data {value} for parameter \"{name}\".").into()
        }
        LoopbackFailure::NoEntity => "EntityNotFound".into(),
    })
}

fn text(error: &Error) -> Cow<'_, str> {
    let text = match error {
        Error::Unauthenticated(reason) | Error::Rejected(reason) => rejection::text(*reason),
        Error::Invalid(_) => INVALID_BODY,
        Error::Syntax(text) | Error::BadRequest(text) => text,
        Error::MissingParameter(name) => {
            return format!("Required parameter {name} is missing!").into();
        }
        Error::UnsupportedMedia { got, expected } => {
            return format!("Content-type {got} does not match [{expected}].").into();
        }
        Error::UnsupportedCoding(coding) => {
            return format!("unsupported content encoding \"{coding}\"").into();
        }
        Error::Timeout => "request timeout",
        Error::TooLarge => "request entity too large",
        Error::NeedsSecondFactor(_) => rejection::text(Reason::SecondFactorMissing),
        Error::StepUp { .. } => STEP_UP,
        Error::NoBearer => BEARER_CHALLENGE,
        Error::BearerMalformed => "Bad Request",
        Error::NoBasic => "Unauthorized",
        Error::NotAllowed => "NotAllowedAccess",
        Error::NoSuchPath => "Not Found",
        Error::NoSuchMethod(_) => "Method Not Allowed",
        Error::IdChanged { from, to } => {
            return format!("id property (id) cannot be updated from {from} to {to}").into();
        }
        Error::Conflict(columns) => {
            return format!("Unique constraint violation error ! {columns}").into();
        }
        Error::Exists(what) => return format!("{what} Already Exists").into(),
        Error::InUse(why) => why,
        Error::NoSuchRow { entity, id } => {
            return format!("Entity not found: {entity} with id {}", shortened(id)).into();
        }
        Error::TooMany(_) => "Too Many Requests",
        Error::NotConfigured(_) => "Not Implemented",
        Error::Unavailable(_) => "Service Unavailable",
        Error::Misconfigured(what) => return format!("Misconfigured: {what}").into(),
        Error::Internal(_) => "Internal Server Error",
    };
    text.into()
}

/// As much of a parameter as an answer repeats: what needs no escape in a URL may need seven bytes
/// here.
fn shortened(value: &str) -> Cow<'_, str> {
    match value.char_indices().nth(MAX_ECHO) {
        None => value.into(),
        Some(_) => value.chars().take(MAX_ECHO).chain(['…']).collect(),
    }
}

const fn code(failure: &LoopbackFailure) -> Option<&'static str> {
    Some(match failure {
        LoopbackFailure::InvalidBody(_) | LoopbackFailure::Common(Error::Invalid(_)) => {
            "VALIDATION_FAILED"
        }
        LoopbackFailure::Common(Error::MissingParameter(_)) => "MISSING_REQUIRED_PARAMETER",
        LoopbackFailure::InvalidParameter { .. } => "INVALID_PARAMETER_VALUE",
        LoopbackFailure::Common(Error::UnsupportedMedia { .. }) => "UNSUPPORTED_MEDIA_TYPE",
        LoopbackFailure::Common(Error::NoSuchRow { .. }) => "ENTITY_NOT_FOUND",
        _ => return None,
    })
}

fn details(failure: &LoopbackFailure) -> Option<Value> {
    match failure {
        LoopbackFailure::InvalidBody(details) => Some(json!(details)),
        LoopbackFailure::Common(Error::Invalid(input)) => Some(json!([Detail::from(*input)])),
        LoopbackFailure::Common(Error::NeedsSecondFactor(waiting)) => {
            Some(json!([Detail::second_factor(waiting)]))
        }
        LoopbackFailure::Common(Error::StepUp { acr, max_age }) => {
            Some(json!([Detail::step_up(STEP_UP, acr, *max_age)]))
        }
        LoopbackFailure::InvalidParameter { details, .. } if !details.is_null() => {
            Some(details.clone())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::InvalidInput;

    fn body(failure: impl Into<LoopbackFailure>) -> Value {
        serde_json::from_slice(&reply(&failure.into()).body.unwrap()).unwrap()
    }

    #[test]
    fn a_strategy_nests_its_message_and_an_operation_does_not() {
        assert_eq!(
            body(Error::Unauthenticated(Reason::ClientInvalid)),
            json!({"error": {"statusCode": 401, "name": "UnauthorizedError",
                "message": {"message": "Client Invalid"}}})
        );
        assert_eq!(
            body(Error::Rejected(Reason::ClientUserMissing)),
            json!({"error": {"statusCode": 422, "name": "UnprocessableEntityError",
                "message": "Client User Missing"}})
        );
        assert_eq!(body(Error::BearerMalformed)["error"]["message"], json!(400));
    }

    #[test]
    fn a_step_up_says_what_it_needs_in_the_challenge_and_in_the_details() {
        let step_up = |max_age| Error::StepUp {
            acr: "aal2",
            max_age,
        };
        let answer = reply(&step_up(Some(300)).into());
        let challenge = "Bearer realm=\"Users\", error=\"insufficient_user_authentication\", \
             acr_values=\"aal2\", max_age=\"300\"";
        let header = ("www-authenticate".to_owned(), challenge.to_owned());
        assert!(
            answer
                .headers
                .iter()
                .any(|(name, value)| *name == header.0 && *value == header.1),
            "{:?}",
            answer.headers
        );
        let error = &body(step_up(None))["error"];
        assert_eq!(
            (&error["statusCode"], &error["name"]),
            (&json!(401), &json!("UnauthorizedError"))
        );
        assert_eq!(error["details"][0]["code"], "step-up-required");
        assert_eq!(error["details"][0]["info"], json!({ "acr_values": "aal2" }));
    }

    #[test]
    fn a_sign_in_that_waits_says_with_what_it_goes_on() {
        let waiting = crate::error::SecondFactor {
            token: "t".to_owned(),
            methods: vec!["passkey", "totp"],
            expires_in: 300,
        };
        let error = &body(Error::NeedsSecondFactor(waiting))["error"];
        assert_eq!(error["message"], "User Verification Failed");
        assert_eq!(
            error["details"],
            json!([{ "path": "", "code": "mfa-required", "message": "User Verification Failed",
                "info": { "mfaToken": "t", "methods": ["passkey", "totp"], "expiresIn": 300 } }])
        );
    }

    #[test]
    fn the_resource_owner_strategy_decides_on_the_client_and_leaves_empty_credentials() {
        let message = |failure: LoopbackFailure| body(failure)["error"]["message"].clone();
        let of = |error: Error| message(LoopbackFailure::of_resource_owner(error));
        let missing = Error::Unauthenticated(Reason::MissingCredentials);
        assert_eq!(of(missing.clone()), json!("Unauthorized"));
        assert_eq!(
            message(missing.into()),
            json!({"message": "Missing credentials"})
        );
        let foreign = Error::Rejected(Reason::ClientInvalid);
        assert_eq!(of(foreign.clone()), json!({"message": "Client Invalid"}));
        assert_eq!(message(foreign.into()), json!("Client Invalid"));
        let inactive = Error::Rejected(Reason::UserNotActive);
        assert_eq!(of(inactive), json!("User not active yet"));
    }

    #[test]
    fn input_that_breaks_a_rule_is_a_422_with_one_detail() {
        let short = body(Error::from(InvalidInput::PasswordTooShort(8)));
        assert_eq!(
            short,
            json!({"error": {
                "statusCode": 422,
                "name": "UnprocessableEntityError",
                "message": INVALID_BODY,
                "code": "VALIDATION_FAILED",
                "details": [{"path": "/password", "code": "minLength",
                    "message": "must NOT have fewer than 8 characters", "info": {"limit": 8}}],
            }})
        );
    }

    #[test]
    fn a_parameter_is_repeated_no_longer_than_it_needs_to_be_known_by() {
        let message = |length: usize| {
            let error = LoopbackFailure::InvalidParameter {
                name: "filter",
                value: "\u{1}".repeat(length),
                details: Value::Null,
            };
            body(error)["error"]["message"].as_str().unwrap().to_owned()
        };
        assert!(!message(MAX_ECHO).contains('…'));
        let long = message(60_000);
        assert!(long.contains('…') && long.chars().count() < MAX_ECHO + 50);
    }

    #[test]
    fn a_422_lists_its_details() {
        let error = LoopbackFailure::InvalidBody(vec![Detail::required("code")]);
        assert_eq!(
            body(error),
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
            body(Error::Internal(secret.clone())),
            json!({"error": {"statusCode": 500, "message": "Internal Server Error"}})
        );
        let outage = Error::Unavailable(secret);
        assert_eq!(
            body(outage.clone()),
            json!({"error": {"statusCode": 503, "message": "Service Unavailable"}})
        );
        assert!(reply(&outage.into()).has("retry-after"));
        assert_eq!(
            body(Error::NotConfigured("MAIL_FROM")),
            json!({"error": {"statusCode": 501, "message": "Not Implemented"}})
        );
        let message =
            &body(Error::Misconfigured("JWT_KEYS is missing".to_owned()))["error"]["message"];
        assert_eq!(message, "Misconfigured: JWT_KEYS is missing");
    }

    #[test]
    fn a_405_names_the_methods_there_are() {
        let reply = reply(&Error::NoSuchMethod(vec!["GET", "HEAD"]).into());
        assert!(reply.headers.contains(&("allow", "GET, HEAD".to_owned())));
    }
}
