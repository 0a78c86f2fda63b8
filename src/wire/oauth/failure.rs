//! Failures of the OAuth endpoints, as JSON (RFC 6749 §5.2) and as challenges of a resource (RFC 6750 §3,
//! RFC 9449 §7.1).

use serde_json::json;

use super::access_token::TokenScheme;
use crate::auth::oauth::failure::{ErrorCode, Failure, OAuthError};
use crate::error::{Error, ErrorKind};
use crate::wire::reply::Reply;

/// The algorithms of proofs, as a challenge names them.
const PROOF_ALGORITHMS: &str = "ES256 EdDSA Ed25519 PS256";

/// Why an operation failed.
#[derive(Debug, Clone, PartialEq)]
pub enum OAuthFailure {
    /// A refusal by the standard, and how the client had authenticated.
    Refused {
        /// Why.
        failure: Failure,
        /// Whether the client used the `Authorization` header, which the answer then names.
        by_header: bool,
    },
    /// What every dialect can meet.
    Common(Error),
}

impl From<Failure> for OAuthFailure {
    fn from(failure: Failure) -> Self {
        Self::Refused {
            failure,
            by_header: false,
        }
    }
}

impl From<Error> for OAuthFailure {
    fn from(error: Error) -> Self {
        Self::Common(error)
    }
}

impl From<OAuthError> for OAuthFailure {
    fn from(error: OAuthError) -> Self {
        match error {
            OAuthError::Refused(failure) => failure.into(),
            OAuthError::Common(error) => error.into(),
        }
    }
}

impl OAuthFailure {
    /// The same failure of a client that used the `Authorization` header, or did not.
    #[must_use]
    pub fn of_client(self, used_header: bool) -> Self {
        match self {
            Self::Refused { failure, .. } => Self::Refused {
                failure,
                by_header: used_header,
            },
            common @ Self::Common(_) => common,
        }
    }

    /// The answer of an endpoint that authenticates clients.
    pub fn reply(&self) -> Reply {
        let (status, failure) = match self {
            Self::Refused { failure, .. } => (failure.code.status(), *failure),
            Self::Common(error) => of_error(error),
        };
        let reply = body(status, failure);
        match self {
            Self::Refused {
                failure,
                by_header: true,
            } if failure.code == ErrorCode::InvalidClient => reply.with(
                "www-authenticate",
                "Basic realm=\"oauth\", charset=\"UTF-8\"",
            ),
            Self::Refused { .. } => reply,
            Self::Common(error) => reply.with_headers_of(error),
        }
    }

    /// The answer of a resource: without a token it is challenged for one, and no error is named (RFC 6750
    /// §3.1).
    pub fn challenge(failure: Option<Failure>, scheme: TokenScheme, scope: Option<&str>) -> Reply {
        let Some(failure) = failure else {
            let bearer = "Bearer realm=\"oauth\"";
            let dpop = format!("DPoP realm=\"oauth\", algs=\"{PROOF_ALGORITHMS}\"");
            return Reply::empty(401)
                .with("www-authenticate", bearer)
                .with("www-authenticate", dpop);
        };
        let (code, why) = (failure.code.name(), failure.description);
        let scheme = match scheme {
            TokenScheme::Bearer => "Bearer realm=\"oauth\"".to_owned(),
            TokenScheme::Dpop => format!("DPoP realm=\"oauth\", algs=\"{PROOF_ALGORITHMS}\""),
        };
        let scope = scope.map_or_else(String::new, |scope| format!(", scope=\"{scope}\""));
        let challenge = format!("{scheme}, error=\"{code}\", error_description=\"{why}\"{scope}");
        // A resource answers to a proof with 401 (RFC 9449 §7.1), where the token endpoint does with 400.
        let status = match failure.code {
            ErrorCode::InvalidDpopProof | ErrorCode::UseDpopNonce => 401,
            code => code.status(),
        };
        body(status, failure).with("www-authenticate", challenge)
    }
}

fn body(status: u16, failure: Failure) -> Reply {
    let (error, why) = (failure.code.name(), failure.description);
    let body = json!({ "error": error, "error_description": why });
    Reply {
        status,
        headers: vec![("content-type", "application/json".to_owned())],
        body: Some(body.to_string().into_bytes()),
    }
}

/// What every dialect can meet, in OAuth's words. Nothing of the service's inside is told.
fn of_error(error: &Error) -> (u16, Failure) {
    let request = |status, why| (status, Failure::invalid_request(why));
    let away = |status, why| (status, Failure::new(ErrorCode::TemporarilyUnavailable, why));
    match error.kind() {
        ErrorKind::TooLarge => request(413, "the body is too large"),
        ErrorKind::Timeout => request(408, "the body did not arrive in time"),
        ErrorKind::UnsupportedCoding(_) => request(415, "the content coding is not supported"),
        ErrorKind::NoSuchPath | ErrorKind::NoSuchRow { .. } => {
            request(404, "there is no such endpoint")
        }
        ErrorKind::NoSuchMethod(_) => request(405, "the endpoint has no such method"),
        ErrorKind::TooMany(_) => away(429, "there are too many requests"),
        ErrorKind::Unavailable(_) => away(503, "the service is not available for the moment"),
        ErrorKind::NotConfigured(_) | ErrorKind::Misconfigured(_) | ErrorKind::Internal(_) => {
            let failure = Failure::new(ErrorCode::ServerError, "the service has failed");
            (500, failure)
        }
        ErrorKind::Unauthenticated(_) | ErrorKind::NoBearer | ErrorKind::BearerMalformed => {
            let why = "the access token is invalid, expired or revoked";
            (401, Failure::new(ErrorCode::InvalidToken, why))
        }
        ErrorKind::NotAllowed | ErrorKind::StepUp { .. } | ErrorKind::NeedsSecondFactor(_) => {
            let why = "the access token does not permit this";
            (403, Failure::new(ErrorCode::InsufficientScope, why))
        }
        ErrorKind::NoBasic => (401, Failure::invalid_client()),
        ErrorKind::Invalid(_)
        | ErrorKind::Syntax(_)
        | ErrorKind::MissingParameter(_)
        | ErrorKind::UnsupportedMedia { .. }
        | ErrorKind::Rejected(_)
        | ErrorKind::Conflict(_)
        | ErrorKind::Exists(_)
        | ErrorKind::InUse(_)
        | ErrorKind::IdChanged { .. }
        | ErrorKind::BadRequest(_) => request(400, "the request is malformed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn read(reply: &Reply) -> (u16, Value) {
        let body = reply.body.as_ref().unwrap();
        (reply.status, serde_json::from_slice(body).unwrap())
    }

    fn headers<'a>(reply: &'a Reply, name: &str) -> Vec<&'a str> {
        let named = reply.headers.iter().filter(|(other, _)| *other == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    #[test]
    fn a_client_that_used_the_header_is_told_the_scheme() {
        let failure = Failure::invalid_client();
        let by_header = OAuthFailure::Refused {
            failure,
            by_header: true,
        }
        .reply();
        assert_eq!(headers(&by_header, "www-authenticate").len(), 1);
        let by_body = OAuthFailure::from(failure).reply();
        assert!(headers(&by_body, "www-authenticate").is_empty());
        let (status, body) = read(&by_body);
        assert_eq!((status, &body["error"]), (401, &json!("invalid_client")));
        let grant = OAuthFailure::Refused {
            failure: Failure::invalid_grant(),
            by_header: true,
        }
        .reply();
        assert!(headers(&grant, "www-authenticate").is_empty());
    }

    #[test]
    fn nothing_of_the_inside_is_told() {
        for error in [
            ErrorKind::Internal("hunter2".to_owned()),
            ErrorKind::Misconfigured("hunter2".to_owned()),
            ErrorKind::Unavailable("hunter2".to_owned()),
            ErrorKind::Syntax("hunter2".to_owned()),
            ErrorKind::BadRequest("hunter2".to_owned()),
        ] {
            let reply = OAuthFailure::from(Error::from(error)).reply();
            assert!(
                !String::from_utf8(reply.body.unwrap())
                    .unwrap()
                    .contains("hunter2")
            );
        }
        let reply = OAuthFailure::from(Error::from(ErrorKind::TooMany(7))).reply();
        assert_eq!(
            (reply.status, headers(&reply, "retry-after")),
            (429, vec!["7"])
        );
        let reply = OAuthFailure::from(Error::from(ErrorKind::NoSuchMethod(vec!["POST"]))).reply();
        assert_eq!(
            (reply.status, headers(&reply, "allow")),
            (405, vec!["POST"])
        );
    }

    #[test]
    fn a_resource_challenges_in_the_scheme_that_was_used() {
        let none = OAuthFailure::challenge(None, TokenScheme::Bearer, None);
        assert_eq!((none.status, none.body), (401, None));
        let failure = Failure::new(ErrorCode::InvalidToken, "it is over");
        let reply = OAuthFailure::challenge(Some(failure), TokenScheme::Bearer, None);
        assert_eq!(
            headers(&reply, "www-authenticate"),
            ["Bearer realm=\"oauth\", error=\"invalid_token\", error_description=\"it is over\""]
        );
        let failure = Failure::new(ErrorCode::UseDpopNonce, "again");
        let reply = OAuthFailure::challenge(Some(failure), TokenScheme::Dpop, None);
        assert_eq!(reply.status, 401);
        assert!(
            headers(&reply, "www-authenticate")[0]
                .starts_with("DPoP realm=\"oauth\", algs=\"ES256")
        );
        let failure = Failure::new(ErrorCode::InsufficientScope, "more");
        let reply = OAuthFailure::challenge(Some(failure), TokenScheme::Bearer, Some("openid"));
        assert_eq!(reply.status, 403);
        assert!(headers(&reply, "www-authenticate")[0].ends_with("scope=\"openid\""));
    }
}
