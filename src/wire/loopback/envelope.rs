//! Failures as LoopBack writes them: `{"error":{…}}`.
//!
//! An authentication strategy nests its message in an object and answers 401; an operation writes its
//! message as text, with a status of its own. Clients of the original distinguish the two by that.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::detail::Detail;
use super::failure::LoopbackFailure;
use super::rejection;
use crate::error::{Error, ErrorKind, Reason};
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
    match error.kind() {
        ErrorKind::NoBearer => reply.with("www-authenticate", BEARER_CHALLENGE),
        ErrorKind::BearerMalformed
        | ErrorKind::Unauthenticated(Reason::BearerExpired | Reason::TokenRevoked) => reply.with(
            "www-authenticate",
            format!("{BEARER_CHALLENGE}, error=\"invalid_token\""),
        ),
        ErrorKind::StepUp { acr, max_age } => {
            let max_age = max_age.map_or_else(String::new, |age| format!(", max_age=\"{age}\""));
            let error = "error=\"insufficient_user_authentication\"";
            let challenge = format!("{BEARER_CHALLENGE}, {error}, acr_values=\"{acr}\"{max_age}");
            reply.with("www-authenticate", challenge)
        }
        ErrorKind::NoBasic => reply.with("www-authenticate", "Basic realm=\"Clients\""),
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
        LoopbackFailure::InvalidParameter(_) => 400,
        LoopbackFailure::NoEntity => 404,
        LoopbackFailure::InvalidBody(_) => 422,
    }
}

const fn status_of(error: &Error) -> u16 {
    match error.kind() {
        ErrorKind::Syntax(_)
        | ErrorKind::MissingParameter(_)
        | ErrorKind::IdChanged { .. }
        | ErrorKind::BadRequest(_) => 400,
        ErrorKind::Unauthenticated(_)
        | ErrorKind::NoBearer
        | ErrorKind::BearerMalformed
        | ErrorKind::NoBasic
        | ErrorKind::NeedsSecondFactor(_)
        | ErrorKind::StepUp { .. } => 401,
        ErrorKind::Rejected(reason) => rejection::status(*reason),
        ErrorKind::NotAllowed => 403,
        ErrorKind::NoSuchPath | ErrorKind::NoSuchRow { .. } => 404,
        ErrorKind::NoSuchMethod(_) => 405,
        ErrorKind::Timeout => 408,
        ErrorKind::Conflict(_) | ErrorKind::Exists(_) | ErrorKind::InUse(_) => 409,
        ErrorKind::TooLarge => 413,
        ErrorKind::UnsupportedMedia { .. } | ErrorKind::UnsupportedCoding(_) => 415,
        ErrorKind::Invalid(_) => 422,
        ErrorKind::TooMany(_) => 429,
        ErrorKind::Misconfigured(_) | ErrorKind::Internal(_) => 500,
        ErrorKind::NotConfigured(_) => 501,
        ErrorKind::Unavailable(_) => 503,
    }
}

/// The error class of the original; a 5xx shows none.
const fn name(failure: &LoopbackFailure, status: u16) -> Option<&'static str> {
    Some(match failure.common() {
        Some(ErrorKind::Syntax(_)) => "SyntaxError",
        Some(ErrorKind::NoSuchRow { .. } | ErrorKind::IdChanged { .. }) => "Error",
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
    match failure.common() {
        Some(ErrorKind::Unauthenticated(reason)) => {
            return json!({ "message": rejection::text(*reason) });
        }
        Some(ErrorKind::BearerMalformed) => return json!(400),
        _ => {}
    }
    json!(match failure {
        LoopbackFailure::Common(error) => text(error),
        LoopbackFailure::InvalidBody(_) => INVALID_BODY.into(),
        LoopbackFailure::InvalidParameter(invalid) => {
            let (name, value) = (invalid.name, shortened(&invalid.value));
            format!("Invalid data {value} for parameter \"{name}\".").into()
        }
        LoopbackFailure::NoEntity => "EntityNotFound".into(),
    })
}

fn text(error: &Error) -> Cow<'_, str> {
    formatted(error.kind()).map_or_else(|| fixed(error.kind()).into(), Cow::from)
}

/// The texts that quote.
fn formatted(kind: &ErrorKind) -> Option<String> {
    Some(match kind {
        ErrorKind::MissingParameter(name) => format!("Required parameter {name} is missing!"),
        ErrorKind::UnsupportedMedia { got, expected } => {
            format!("Content-type {got} does not match [{expected}].")
        }
        ErrorKind::UnsupportedCoding(coding) => {
            format!("unsupported content encoding \"{coding}\"")
        }
        ErrorKind::IdChanged { from, to } => {
            format!("id property (id) cannot be updated from {from} to {to}")
        }
        ErrorKind::Conflict(columns) => format!("Unique constraint violation error ! {columns}"),
        ErrorKind::Exists(what) => format!("{what} Already Exists"),
        ErrorKind::NoSuchRow { entity, id } => {
            format!("Entity not found: {entity} with id {}", shortened(id))
        }
        ErrorKind::Misconfigured(what) => format!("Misconfigured: {what}"),
        _ => return None,
    })
}

fn fixed(kind: &ErrorKind) -> &str {
    match kind {
        ErrorKind::Unauthenticated(reason) | ErrorKind::Rejected(reason) => {
            rejection::text(*reason)
        }
        ErrorKind::Invalid(_) => INVALID_BODY,
        ErrorKind::Syntax(text) | ErrorKind::BadRequest(text) => text,
        ErrorKind::Timeout => "request timeout",
        ErrorKind::TooLarge => "request entity too large",
        ErrorKind::NeedsSecondFactor(_) => rejection::text(Reason::SecondFactorMissing),
        ErrorKind::StepUp { .. } => STEP_UP,
        ErrorKind::NoBearer => BEARER_CHALLENGE,
        ErrorKind::BearerMalformed => "Bad Request",
        ErrorKind::NoBasic => "Unauthorized",
        ErrorKind::NotAllowed => "NotAllowedAccess",
        ErrorKind::NoSuchPath => "Not Found",
        ErrorKind::NoSuchMethod(_) => "Method Not Allowed",
        ErrorKind::InUse(why) => why,
        ErrorKind::TooMany(_) => "Too Many Requests",
        ErrorKind::NotConfigured(_) => "Not Implemented",
        ErrorKind::Unavailable(_) => "Service Unavailable",
        _ => "Internal Server Error",
    }
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
        LoopbackFailure::Common(error) => match error.kind() {
            ErrorKind::Invalid(_) => "VALIDATION_FAILED",
            ErrorKind::MissingParameter(_) => "MISSING_REQUIRED_PARAMETER",
            ErrorKind::UnsupportedMedia { .. } => "UNSUPPORTED_MEDIA_TYPE",
            ErrorKind::NoSuchRow { .. } => "ENTITY_NOT_FOUND",
            _ => return None,
        },
        LoopbackFailure::InvalidBody(_) => "VALIDATION_FAILED",
        LoopbackFailure::InvalidParameter(_) => "INVALID_PARAMETER_VALUE",
        LoopbackFailure::NoEntity => return None,
    })
}

fn details(failure: &LoopbackFailure) -> Option<Value> {
    match failure {
        LoopbackFailure::Common(error) => match error.kind() {
            ErrorKind::Invalid(input) => Some(json!([Detail::from(*input)])),
            ErrorKind::NeedsSecondFactor(waiting) => Some(json!([Detail::second_factor(waiting)])),
            ErrorKind::StepUp { acr, max_age } => {
                Some(json!([Detail::step_up(STEP_UP, acr, *max_age)]))
            }
            _ => None,
        },
        LoopbackFailure::InvalidBody(details) => Some(json!(details)),
        LoopbackFailure::InvalidParameter(invalid) if !invalid.details.is_null() => {
            Some(invalid.details.clone())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::failure::InvalidParameter;
    use super::*;
    use crate::error::InvalidInput;

    fn body(failure: impl Into<LoopbackFailure>) -> Value {
        serde_json::from_slice(&reply(&failure.into()).body.unwrap()).unwrap()
    }

    #[test]
    fn a_strategy_nests_its_message_and_an_operation_does_not() {
        assert_eq!(
            body(ErrorKind::Unauthenticated(Reason::ClientInvalid)),
            json!({"error": {"statusCode": 401, "name": "UnauthorizedError",
                "message": {"message": "Client Invalid"}}})
        );
        assert_eq!(
            body(ErrorKind::Rejected(Reason::ClientUserMissing)),
            json!({"error": {"statusCode": 422, "name": "UnprocessableEntityError",
                "message": "Client User Missing"}})
        );
        assert_eq!(
            body(ErrorKind::BearerMalformed)["error"]["message"],
            json!(400)
        );
    }

    #[test]
    fn a_step_up_says_what_it_needs_in_the_challenge_and_in_the_details() {
        let step_up = |max_age| ErrorKind::StepUp {
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
        let error = &body(ErrorKind::NeedsSecondFactor(waiting))["error"];
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
        let missing = Error::from(ErrorKind::Unauthenticated(Reason::MissingCredentials));
        assert_eq!(of(missing.clone()), json!("Unauthorized"));
        assert_eq!(
            message(missing.into()),
            json!({"message": "Missing credentials"})
        );
        let foreign = Error::from(ErrorKind::Rejected(Reason::ClientInvalid));
        assert_eq!(of(foreign.clone()), json!({"message": "Client Invalid"}));
        assert_eq!(message(foreign.into()), json!("Client Invalid"));
        let inactive = ErrorKind::Rejected(Reason::UserNotActive).into();
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
            let error: LoopbackFailure = InvalidParameter {
                name: "filter",
                value: "\u{1}".repeat(length),
                details: Value::Null,
            }
            .into();
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
            body(ErrorKind::Internal(secret.clone())),
            json!({"error": {"statusCode": 500, "message": "Internal Server Error"}})
        );
        let outage = ErrorKind::Unavailable(secret);
        assert_eq!(
            body(outage.clone()),
            json!({"error": {"statusCode": 503, "message": "Service Unavailable"}})
        );
        assert!(reply(&outage.into()).has("retry-after"));
        assert_eq!(
            body(ErrorKind::NotConfigured("MAIL_FROM")),
            json!({"error": {"statusCode": 501, "message": "Not Implemented"}})
        );
        let message =
            &body(ErrorKind::Misconfigured("JWT_KEYS is missing".to_owned()))["error"]["message"];
        assert_eq!(message, "Misconfigured: JWT_KEYS is missing");
    }

    #[test]
    fn a_405_names_the_methods_there_are() {
        let reply = reply(&ErrorKind::NoSuchMethod(vec!["GET", "HEAD"]).into());
        assert!(reply.headers.contains(&("allow", "GET, HEAD".to_owned())));
    }
}
