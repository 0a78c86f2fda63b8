//! ID Tokens (OIDC Core §2).

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256, Sha512};

use crate::auth::id::{ClientId, SessionId, UserId};
use crate::auth::jose::algorithm::SignatureAlgorithm;
use crate::auth::time::{Seconds, Timestamp};

/// `typ` of an ID Token.
pub const ID_TOKEN: &str = "JWT";
/// How long an ID Token is good: as long as it takes to read it.
const LIFETIME: Seconds = Seconds::new(300);

/// What an ID Token says.
#[derive(Debug, Clone)]
pub struct IdToken<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The user.
    pub user_id: &'a UserId,
    /// The client.
    pub client_id: &'a ClientId,
    /// The session (Back-Channel Logout §2.1).
    pub session_id: &'a SessionId,
    /// When the user was authenticated.
    pub auth_time: Timestamp,
    /// At which level.
    pub acr: &'a str,
    /// By what (RFC 8176), with a space between them.
    pub amr: &'a str,
    /// The request's own, at the first token only (§12.2).
    pub nonce: Option<&'a str>,
    /// Hash of the access token that comes along.
    pub access_token: AccessTokenHash,
    /// What else is told of the user.
    pub others: Map<String, Value>,
    /// When it is made.
    pub now: Timestamp,
}

/// `at_hash` (§3.1.3.6): the left half of the hash that goes with the ID Token's own algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessTokenHash(String);

impl AccessTokenHash {
    /// Of an access token, for an ID Token by an algorithm.
    pub fn of(access_token: &str, algorithm: SignatureAlgorithm) -> Self {
        let hash = match algorithm {
            // Ed25519 is made with SHA-512 (RFC 8032 §5.1).
            SignatureAlgorithm::EdDsa => Sha512::digest(access_token).to_vec(),
            SignatureAlgorithm::Rs256 | SignatureAlgorithm::Ps256 | SignatureAlgorithm::Es256 => {
                Sha256::digest(access_token).to_vec()
            }
        };
        let (left, _) = hash.split_at_checked(hash.len() / 2).unwrap_or_default();
        Self(Base64UrlUnpadded::encode_string(left))
    }
}

impl IdToken<'_> {
    /// Its claims.
    pub fn claims(self) -> Map<String, Value> {
        // What is ours comes last: no claim of a user's stands in its place.
        let mut claims = self.others;
        let mut set = |name: &str, value: Value| {
            claims.insert(name.to_owned(), value);
        };
        set("iss", json!(self.issuer));
        set("sub", json!(self.user_id));
        set("aud", json!(self.client_id));
        set("exp", json!((self.now + LIFETIME).seconds()));
        set("iat", json!(self.now.seconds()));
        set("auth_time", json!(self.auth_time.seconds()));
        set("acr", json!(self.acr));
        set("sid", json!(self.session_id));
        set("at_hash", json!(self.access_token.0));
        if !self.amr.is_empty() {
            set("amr", self.amr.split_whitespace().collect());
        }
        if let Some(nonce) = self.nonce {
            set("nonce", json!(nonce));
        }
        claims
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_token_says_who_when_and_for_whom() {
        let token = IdToken {
            issuer: "https://login.example",
            user_id: &UserId::new("u"),
            client_id: &ClientId::new("app"),
            session_id: &SessionId::new("s"),
            auth_time: Timestamp::from_millis(1_799_999_000_999),
            acr: "aal1",
            amr: "pwd",
            nonce: Some("n"),
            access_token: AccessTokenHash::of("token", SignatureAlgorithm::Rs256),
            others: json!({ "email": "ann@example.com", "sub": "forged", "nonce": "forged" })
                .as_object()
                .unwrap()
                .clone(),
            now: Timestamp::from_seconds(1_800_000_000),
        };
        let claims = Value::Object(token.clone().claims());
        assert_eq!(
            claims,
            json!({
                "iss": "https://login.example", "sub": "u", "aud": "app", "sid": "s", "nonce": "n",
                "exp": 1_800_000_300, "iat": 1_800_000_000, "auth_time": 1_799_999_000, "acr": "aal1", "amr": ["pwd"],
                "email": "ann@example.com", "at_hash": "PEaenWxYddN6Q_NT1PiOYQ",
            })
        );
        let later = IdToken {
            nonce: None,
            amr: "",
            others: Map::new(),
            ..token
        }
        .claims();
        assert!(!later.contains_key("nonce") && !later.contains_key("amr"));
    }

    #[test]
    fn the_hash_is_that_of_the_algorithm() {
        // The access token and at_hash of OIDC Core A.3.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        let hash = |algorithm| AccessTokenHash::of(token, algorithm).0;
        assert_eq!(hash(SignatureAlgorithm::Rs256), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(hash(SignatureAlgorithm::Es256), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(hash(SignatureAlgorithm::EdDsa).len(), 43);
    }
}
