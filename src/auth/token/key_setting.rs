//! The keys of tokens, as the settings have them.

use std::collections::HashSet;

use serde_json::Value;

use super::keys::{TokenKeys, signs_access_tokens};
use crate::auth::jose::signing_key::SigningKey;
use crate::auth::secret::Secret;

/// What HS256 needs to be as strong as its hash (RFC 7518 §3.2), in bytes.
const SHARED_SECRET_LENGTH: usize = 32;

impl TokenKeys {
    /// Reads a JWK set of Ed25519, P-256 and RSA keys (RFC 7517 §5), of which at least one of the first
    /// two signs. Keys that only verify may be public.
    ///
    /// Fails with what is wrong, without any value.
    pub fn from_jwk_set(text: &str) -> Result<Self, &'static str> {
        const SHAPE: &str = "must be a JWK set: {\"keys\":[…]}";
        let set: Value = serde_json::from_str(text).map_err(|_| SHAPE)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(SHAPE)?;
        let keys: Vec<SigningKey> = keys
            .iter()
            .map(SigningKey::from_jwk)
            .collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err("has no key");
        }
        if !keys.iter().any(signs_access_tokens) {
            return Err("has no private Ed25519 or P-256 key");
        }
        let ids: HashSet<&str> = keys.iter().map(SigningKey::id).collect();
        if ids.len() < keys.len() {
            return Err("has two keys of one kid");
        }
        Ok(Self::new(keys))
    }

    /// Takes the secret that resource servers share (HS256).
    pub fn from_shared_secret(secret: &Secret, allow_short: bool) -> Result<Self, &'static str> {
        if secret.expose().len() < SHARED_SECRET_LENGTH && !allow_short {
            return Err("must have at least 32 bytes");
        }
        Ok(Self::new(vec![SigningKey::shared(secret)]))
    }
}
