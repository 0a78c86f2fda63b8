//! What failures say to people, and which members of the request they blame.

use super::codes::{NO_REFRESH_TOKEN, SERIALIZATION, TOKEN_EXPIRED};
use super::kind::{FieldError, ServiceStackFailure};
use super::shared;
use crate::wire::document::NO_NUL;

const GET_DISABLED: &str = "GET Authenticate requests are disabled, to enable set \
    AuthFeature.AllowGetAuthenticateRequests = req => true";

/// The longest part of a name from the request that an error repeats, in characters.
const MAX_ECHO: usize = 64;

impl ServiceStackFailure {
    /// The message of a failure that only this surface can meet.
    pub(super) fn own_message(&self) -> String {
        let text = match self {
            Self::Common(error) => return shared::parts(error).2,
            Self::Empty(members) => {
                let first = members.first().map(|member| not_empty(member));
                return first.map(|error| error.message).unwrap_or_default();
            }
            Self::Invalid(errors) => {
                let first = errors.first().map(|error| error.message.clone());
                return first.unwrap_or_default();
            }
            Self::Unreadable {
                media,
                request,
                reason,
            } => {
                return format!(
                    "Could not deserialize '{media}' request using {request}: {reason}"
                );
            }
            Self::Unbindable { request, .. } => {
                return format!("Unable to bind to request '{request}'");
            }
            Self::Nul(path) => return format!("'{}' {NO_NUL}", member(path)),
            Self::UnknownProvider(name) => {
                let name = echo(name);
                return format!("No configuration was added for OAuth provider '{name}'");
            }
            Self::NoSuchOperation(name) => {
                let name = echo(name);
                return format!("The operation '{name}' does not exist for this service");
            }
            Self::GetDisabled => GET_DISABLED,
            Self::ExternalRedirect => "External Redirects are not permitted",
            Self::CrossSite => "Cross-site requests are not permitted",
            Self::InvalidAccessToken => "AccessToken is Invalid",
            Self::InvalidToken | Self::ForeignRefreshToken => "Token is invalid",
            Self::NoRefreshToken => NO_REFRESH_TOKEN,
            Self::ExpiredRefreshToken => TOKEN_EXPIRED,
            Self::IllegalRefreshToken => "Illegal base64url string!",
        };
        text.to_owned()
    }
}

pub(super) fn not_empty(member: &str) -> FieldError {
    FieldError {
        error_code: "NotEmpty",
        field_name: member.to_owned(),
        message: format!("'{}' must not be empty.", spaced(member)),
    }
}

pub(super) fn not_bound(member: &str) -> FieldError {
    FieldError {
        error_code: SERIALIZATION,
        field_name: member.to_owned(),
        message: format!("The value of '{member}' is not of its type"),
    }
}

/// `UserName` as `User Name`.
fn spaced(member: &str) -> String {
    let mut words = String::new();
    for char in member.chars() {
        if char.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(char);
    }
    words
}

/// The member that a JSON pointer leads to.
pub(super) fn member(path: &str) -> String {
    echo(path.rsplit('/').next().unwrap_or_default())
}

/// What an error may repeat of a name in the request.
fn echo(name: &str) -> String {
    name.chars()
        .filter(|char| char.is_alphanumeric() || "_ .,@-+\\/".contains(*char))
        .take(MAX_ECHO)
        .collect()
}
