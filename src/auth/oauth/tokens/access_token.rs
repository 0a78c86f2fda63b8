//! JWT access tokens (RFC 9068), which say nothing of a user but who it is.

use serde_json::{Map, Value, json};

use crate::auth::id::{ClientId, SessionId, UserId};
use crate::auth::oauth::scope::Scope;
use crate::auth::time::{Seconds, Timestamp};

/// What an access token says.
#[derive(Debug, Clone, Copy)]
pub struct OAuthAccessToken<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// Makes it unique.
    pub jti: &'a str,
    /// The client.
    pub client_id: &'a ClientId,
    /// The user and the session, unless the client acts for itself.
    pub on_behalf_of: Option<OnBehalfOf<'a>>,
    /// Whom it is for.
    pub audience: &'a [String],
    /// What it permits.
    pub scope: &'a Scope,
    /// Effective permissions, where the scope releases them.
    pub permissions: Option<&'a [String]>,
    /// The thumbprint of the key that it is bound to (RFC 9449 §6.1).
    pub key: Option<&'a str>,
    /// When it is made.
    pub now: Timestamp,
    /// How long it lives.
    pub lifetime: Seconds,
}

/// The user of an access token.
#[derive(Debug, Clone, Copy)]
pub struct OnBehalfOf<'a> {
    /// The user.
    pub user_id: &'a UserId,
    /// The session.
    pub session_id: &'a SessionId,
    /// When the user was authenticated.
    pub auth_time: Timestamp,
    /// At which level.
    pub acr: &'a str,
    /// By what (RFC 8176), with a space between them.
    pub amr: &'a str,
}

impl OAuthAccessToken<'_> {
    /// Its claims (RFC 9068 §2.2).
    ///
    /// A client that acts for itself is its own subject, in a form that no user's id has (§5).
    pub fn claims(&self) -> Map<String, Value> {
        let mut claims = Map::new();
        let mut set = |name: &str, value: Value| {
            claims.insert(name.to_owned(), value);
        };
        set("iss", json!(self.issuer));
        match self.on_behalf_of {
            Some(user) => {
                set("sub", json!(user.user_id));
                set("sid", json!(user.session_id));
                set("auth_time", json!(user.auth_time.seconds()));
                set("acr", json!(user.acr));
                if !user.amr.is_empty() {
                    set("amr", user.amr.split_whitespace().collect());
                }
            }
            None => set("sub", json!(format!("client:{}", self.client_id))),
        }
        // One audience as a text: some resource servers know no other form.
        match self.audience {
            [one] => set("aud", json!(one)),
            several => set("aud", json!(several)),
        }
        set("client_id", json!(self.client_id));
        set("scope", json!(self.scope.to_string()));
        set("iat", json!(self.now.seconds()));
        set("exp", json!((self.now + self.lifetime).seconds()));
        set("jti", json!(self.jti));
        if let Some(permissions) = self.permissions {
            set("permissions", json!(permissions));
        }
        if let Some(key) = self.key {
            set("cnf", json!({ "jkt": key }));
        }
        claims
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token<'a>(
        user: Option<OnBehalfOf<'a>>,
        client_id: &'a ClientId,
        audience: &'a [String],
        scope: &'a Scope,
    ) -> OAuthAccessToken<'a> {
        OAuthAccessToken {
            issuer: "https://login.example",
            jti: "j",
            client_id,
            on_behalf_of: user,
            audience,
            scope,
            permissions: None,
            key: None,
            now: Timestamp::from_millis(1_800_000_000_999),
            lifetime: Seconds::new(900),
        }
    }

    #[test]
    fn a_token_says_who_it_is_for_and_nothing_of_the_person() {
        let (user_id, session_id) = (UserId::new("u"), SessionId::new("s"));
        let user = OnBehalfOf {
            user_id: &user_id,
            session_id: &session_id,
            auth_time: Timestamp::from_millis(1_799_999_999_500),
            acr: "aal1",
            amr: "pwd",
        };
        let (client, scope) = (ClientId::new("app"), Scope::of(&["openid", "email"]));
        let one = ["https://mcp.example".to_owned()];
        let bound = OAuthAccessToken {
            key: Some("k"),
            ..token(Some(user), &client, &one, &scope)
        };
        assert_eq!(
            Value::Object(bound.claims()),
            json!({
                "iss": "https://login.example", "sub": "u", "sid": "s", "auth_time": 1_799_999_999, "acr": "aal1",
                "amr": ["pwd"], "aud": "https://mcp.example", "client_id": "app", "scope": "openid email",
                "iat": 1_800_000_000, "exp": 1_800_000_900, "jti": "j", "cnf": { "jkt": "k" },
            })
        );
    }

    #[test]
    fn a_client_of_its_own_is_nobodys_user() {
        let (client, scope) = (ClientId::new("4711"), Scope::of(&["api"]));
        let two = [
            "https://a.example".to_owned(),
            "https://b.example".to_owned(),
        ];
        let claims = token(None, &client, &two, &scope).claims();
        assert_eq!(claims["sub"], "client:4711");
        assert_eq!(claims["aud"], json!(two));
        assert!(!claims.contains_key("sid") && !claims.contains_key("auth_time"));
    }
}
