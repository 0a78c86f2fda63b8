//! Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4).

use serde_json::{Map, Value, json};

use crate::auth::id::{ClientId, SessionId, UserId};
use crate::auth::time::{Seconds, Timestamp};

/// `typ` of a logout token.
pub const LOGOUT_TOKEN: &str = "logout+jwt";
/// The one member of `events`.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How long it is good, as the standard recommends.
const LIFETIME: Seconds = Seconds::new(120);

/// What a logout token says: a session of a client is over.
#[derive(Debug, Clone, Copy)]
pub struct LogoutToken<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The client.
    pub client_id: &'a ClientId,
    /// The user.
    pub user_id: &'a UserId,
    /// The session.
    pub session_id: &'a SessionId,
    /// Makes it unique; the same at every try, so that the client can tell.
    pub jti: &'a str,
    /// When it is made.
    pub now: Timestamp,
}

impl LogoutToken<'_> {
    /// Its claims.
    pub fn claims(&self) -> Map<String, Value> {
        let claims = [
            ("iss", json!(self.issuer)),
            ("sub", json!(self.user_id)),
            ("aud", json!(self.client_id)),
            ("iat", json!(self.now.seconds())),
            ("exp", json!((self.now + LIFETIME).seconds())),
            ("jti", json!(self.jti)),
            ("sid", json!(self.session_id)),
            ("events", json!({ EVENT: {} })),
        ];
        claims
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logout_token_has_one_event_and_no_nonce() {
        let token = LogoutToken {
            issuer: "https://login.example",
            client_id: &ClientId::new("app"),
            user_id: &UserId::new("u"),
            session_id: &SessionId::new("s"),
            jti: "j",
            now: Timestamp::from_seconds(1_800_000_000),
        };
        assert_eq!(
            Value::Object(token.claims()),
            json!({
                "iss": "https://login.example", "sub": "u", "aud": "app", "sid": "s", "jti": "j",
                "iat": 1_800_000_000, "exp": 1_800_000_120,
                "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
            })
        );
    }
}
