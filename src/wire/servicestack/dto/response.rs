//! The DTOs that are answered with, their members in wire order.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};

use crate::auth::id::{SessionId, UserId};
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;
use crate::wire::servicestack::failure::{FieldError, ServiceStackFailure};

/// A DTO to be written: all its members in wire order, null where there is no value.
///
/// It may hold tokens in the clear, and so cannot be printed.
pub struct Record {
    /// The DTO's name, which XML shows.
    pub type_name: &'static str,
    /// The members, named as in JSON.
    pub members: Map<String, Value>,
}

impl Record {
    pub(super) fn new<const N: usize>(
        type_name: &'static str,
        members: [(&str, Value); N],
    ) -> Self {
        let members = members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        Self { type_name, members }
    }
}

/// `AuthenticateResponse`. All absent, it is the answer to a sign-out.
#[derive(Debug, Clone, Default)]
pub struct AuthenticateResponse {
    /// The user's id.
    pub user_id: Option<UserId>,
    /// The session's id.
    pub session_id: Option<SessionId>,
    /// As it was typed at a sign-in.
    pub user_name: Option<String>,
    /// What to call the user.
    pub display_name: Option<String>,
    /// The checked return URL.
    pub referrer_url: Option<String>,
    /// The access token.
    pub bearer_token: Option<Secret>,
    /// The refresh token.
    pub refresh_token: Option<Secret>,
    /// When the refresh token ends.
    pub refresh_token_expiry: Option<Timestamp>,
    /// The user's picture.
    pub profile_url: Option<String>,
    /// Absent is not the same as empty: an empty list is written.
    pub roles: Option<Vec<String>>,
    /// As `roles`.
    pub permissions: Option<Vec<String>>,
    /// How the session was signed in to.
    pub auth_provider: Option<String>,
    /// Only in a failure.
    pub response_status: Option<ResponseStatus>,
}

impl AuthenticateResponse {
    /// The members as they are written.
    pub fn record(&self) -> Record {
        Record::new(
            "AuthenticateResponse",
            [
                ("userId", json!(self.user_id)),
                ("sessionId", json!(self.session_id)),
                ("userName", json!(self.user_name)),
                ("displayName", json!(self.display_name)),
                ("referrerUrl", json!(self.referrer_url)),
                ("bearerToken", exposed(self.bearer_token.as_ref())),
                ("refreshToken", exposed(self.refresh_token.as_ref())),
                (
                    "refreshTokenExpiry",
                    json!(self.refresh_token_expiry.map(date)),
                ),
                ("profileUrl", json!(self.profile_url)),
                ("roles", json!(self.roles)),
                ("permissions", json!(self.permissions)),
                ("authProvider", json!(self.auth_provider)),
                ("responseStatus", status(self.response_status.as_ref())),
                ("meta", Value::Null),
            ],
        )
    }
}

/// `GetAccessTokenResponse`; empty where the token went into a cookie alone.
#[derive(Debug, Clone, Default)]
pub struct GetAccessTokenResponse {
    /// The access token.
    pub access_token: Option<Secret>,
    /// Only in a failure.
    pub response_status: Option<ResponseStatus>,
}

impl GetAccessTokenResponse {
    /// The members as they are written.
    pub fn record(&self) -> Record {
        Record::new(
            "GetAccessTokenResponse",
            [
                ("accessToken", exposed(self.access_token.as_ref())),
                ("meta", Value::Null),
                ("responseStatus", status(self.response_status.as_ref())),
            ],
        )
    }
}

/// `ErrorResponse`: a failure outside any DTO.
pub fn error_response(response_status: &ResponseStatus) -> Record {
    Record::new(
        "ErrorResponse",
        [("responseStatus", status(Some(response_status)))],
    )
}

/// `ResponseStatus`: what went wrong. There is never a stack trace in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseStatus {
    /// The name of the failure.
    pub error_code: &'static str,
    /// In words.
    pub message: String,
    /// The members that are to blame.
    pub errors: Vec<FieldError>,
    /// With what a sign-in goes on that waits for its second factor.
    pub meta: Option<Map<String, Value>>,
}

impl From<&ServiceStackFailure> for ResponseStatus {
    fn from(failure: &ServiceStackFailure) -> Self {
        Self {
            error_code: failure.error_code(),
            message: failure.message(),
            errors: failure.errors(),
            meta: failure.meta(),
        }
    }
}

pub(super) fn status(status: Option<&ResponseStatus>) -> Value {
    let Some(status) = status else {
        return Value::Null;
    };
    let errors = status.errors.iter().map(|error| {
        json!({
            "errorCode": error.error_code,
            "fieldName": error.field_name,
            "message": error.message,
            "meta": null,
        })
    });
    json!({
        "errorCode": status.error_code,
        "message": status.message,
        "stackTrace": null,
        "errors": errors.collect::<Vec<_>>(),
        "meta": status.meta,
    })
}

fn exposed(secret: Option<&Secret>) -> Value {
    json!(secret.map(Secret::expose))
}

/// A time in whole seconds, in UTC and with its zone. A fraction would be off by the time zone in
/// Java's client, which reads a time with one as local.
pub fn date(time: Timestamp) -> String {
    DateTime::from_timestamp_millis(time.millis()).map_or_else(String::new, |time| {
        time.to_rfc3339_opts(SecondsFormat::Secs, true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_its_members_in_the_documented_order() {
        let names: Vec<String> = AuthenticateResponse::default()
            .record()
            .members
            .keys()
            .cloned()
            .collect();
        assert_eq!(
            names,
            [
                "userId",
                "sessionId",
                "userName",
                "displayName",
                "referrerUrl",
                "bearerToken",
                "refreshToken",
                "refreshTokenExpiry",
                "profileUrl",
                "roles",
                "permissions",
                "authProvider",
                "responseStatus",
                "meta",
            ]
        );
    }

    #[test]
    fn times_are_whole_seconds_with_their_zone() {
        for (milliseconds, text) in [
            (1_795_293_060_000, "2026-11-21T20:31:00Z"),
            (1_795_293_060_999, "2026-11-21T20:31:00Z"),
            (1_795_219_200_000, "2026-11-21T00:00:00Z"),
            (i64::MAX, ""),
        ] {
            assert_eq!(date(Timestamp::from_millis(milliseconds)), text);
        }
    }

    #[test]
    fn tokens_are_never_printed() {
        let secret = || Some(Secret::new("hunter2"));
        let signed_in = AuthenticateResponse {
            bearer_token: secret(),
            refresh_token: secret(),
            ..AuthenticateResponse::default()
        };
        let refreshed = GetAccessTokenResponse {
            access_token: secret(),
            response_status: None,
        };
        let printed = format!("{signed_in:?}{refreshed:?}");
        assert!(!printed.contains("hunter2"), "{printed}");
    }
}
