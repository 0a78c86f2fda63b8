//! What a signed token is for.

use serde_json::{Map, Value};

use super::compact::CompactJws;

/// What a token is for: a token of one kind is refused as any other (RFC 8725 §3.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// An id_token (OIDC Core §2).
    IdToken,
    /// An access token (RFC 9068 §2).
    AccessToken,
    /// Which session is over (OIDC Back-Channel Logout §2.4).
    LogoutToken,
    /// A signed answer of the userinfo endpoint (OIDC Core §5.3.2).
    UserInfo,
    /// How a client authenticates (RFC 7523 §2.2).
    ClientAssertion,
    /// What somebody has done with an account at Apple.
    AppleEvent,
    /// That the sender has a key (RFC 9449 §4.2).
    DpopProof,
}

impl TokenKind {
    /// As the log calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IdToken => "id_token",
            Self::AccessToken => "access token",
            Self::LogoutToken => "logout token",
            Self::UserInfo => "signed userinfo",
            Self::ClientAssertion => "client assertion",
            Self::AppleEvent => "notification",
            Self::DpopProof => "DPoP proof",
        }
    }

    /// Whether a token says that it is of this kind. An id_token or userinfo may say nothing.
    pub fn may_be(self, token: &CompactJws) -> bool {
        let (header, claims) = (&token.header, &token.claims);
        let is = |part: &Map<String, Value>, marks: &[&str]| {
            let kind = part.get("typ").and_then(Value::as_str);
            kind.is_some_and(|kind| marks.iter().any(|mark| kind.eq_ignore_ascii_case(mark)))
        };
        let says = |part: &Map<String, Value>, marks: &[&str]| {
            !part.contains_key("typ") || is(part, marks)
        };
        let plain = says(header, &["JWT"]);
        let event = claims.contains_key("events");
        // Keycloak marks its kinds among the claims.
        match self {
            Self::IdToken => plain && says(claims, &["ID"]) && !event,
            Self::AccessToken => {
                let marked = is(header, &["at+jwt", "application/at+jwt"]);
                let bearer = is(claims, &["Bearer"]);
                (marked || bearer && plain) && says(claims, &["Bearer"]) && !event
            }
            Self::LogoutToken => {
                let marked = is(header, &["logout+jwt", "application/logout+jwt"]);
                (marked || plain) && says(claims, &["Logout"]) && event
            }
            Self::UserInfo => plain && says(claims, &[]) && !event,
            Self::ClientAssertion => {
                let marked = is(header, &["client-authentication+jwt"]);
                (marked || plain) && says(claims, &[]) && !event
            }
            Self::AppleEvent => plain && says(claims, &[]) && event,
            Self::DpopProof => is(header, &["dpop+jwt"]) && !event,
        }
    }
}
