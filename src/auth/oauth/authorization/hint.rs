//! `id_token_hint`: an ID Token of ours that a client sends back (OIDC Core §3.1.2.1, RP-Initiated Logout
//! §2). Its signature is verified at the edge; that its time is over does not matter.

use serde_json::Value;

use crate::auth::id::{ClientId, SessionId, UserId};
use crate::auth::jose::provider_token::SignedClaims;
use crate::auth::oauth::failure::Failure;

/// Whom a hint names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The user.
    pub user_id: UserId,
    /// The client that the ID Token was issued to.
    pub client_id: ClientId,
    /// The session that it was issued for.
    pub session_id: Option<SessionId>,
}

impl Hint {
    /// Reads verified claims.
    ///
    /// # Errors
    ///
    /// `invalid_request` where they are not those of an ID Token that we issued, or issued to another
    /// client than the one that is named.
    pub fn read(
        signed: &SignedClaims,
        issuer: &str,
        client_id: Option<&ClientId>,
    ) -> Result<Self, Failure> {
        const WRONG: Failure =
            Failure::invalid_request("id_token_hint is not an ID Token for this client");
        let SignedClaims(claims) = signed;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        // Our ID Tokens have one audience, which no access token has for a client's id.
        let (Some(user_id), Some(audience)) = (text("sub"), text("aud")) else {
            return Err(WRONG);
        };
        let other = client_id.is_some_and(|client| client.as_str() != audience);
        if text("iss") != Some(issuer) || other || claims.contains_key("client_id") {
            return Err(WRONG);
        }
        Ok(Self {
            user_id: UserId::new(user_id),
            client_id: ClientId::new(audience),
            session_id: text("sid").map(SessionId::new),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(claims: &Value, client: Option<&str>) -> Result<Hint, Failure> {
        let signed = SignedClaims(claims.as_object().unwrap().clone());
        let client = client.map(ClientId::new);
        Hint::read(&signed, "https://login.example", client.as_ref())
    }

    #[test]
    fn a_hint_is_an_id_token_of_ours_for_the_client_however_old() {
        let good = json!({ "iss": "https://login.example", "sub": "u", "aud": "app", "sid": "s", "exp": 1 });
        let hint = read(&good, Some("app")).unwrap();
        assert_eq!(hint.user_id, UserId::new("u"));
        assert_eq!(hint.session_id, Some(SessionId::new("s")));
        assert_eq!(read(&good, None).unwrap().client_id, ClientId::new("app"));
        assert!(read(&good, Some("other")).is_err());
        for (name, value) in [
            ("iss", json!("https://other.example")),
            ("iss", Value::Null),
            ("sub", Value::Null),
            ("aud", json!(["app"])),
            ("aud", Value::Null),
            ("client_id", json!("app")),
        ] {
            let mut claims = good.clone();
            claims[name] = value.clone();
            assert!(read(&claims, Some("app")).is_err(), "{name} {value}");
        }
    }
}
