//! Signed things that are good for one use: client assertions and DPoP proofs, known by their `jti`.

use crate::auth::id::ClientId;
use crate::auth::secret::digest;
use crate::auth::time::Timestamp;

/// What is stored of a use, so that there is no second one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneUse {
    /// The key of its row: made of a digest, so that its length is ours.
    pub key: String,
    /// Until when the row is needed: by then the thing itself is over.
    pub expires_on: Timestamp,
}

impl OneUse {
    /// Kind of its rows in `one_time`.
    pub const KIND: &'static str = "jti";

    /// Of an assertion (RFC 7523 §3): `jti` is unique for its client.
    pub fn of_assertion(client_id: &ClientId, jti: &str, expires_on: Timestamp) -> Self {
        Self::of(&["assertion", client_id.as_str(), jti], expires_on)
    }

    /// Of a DPoP proof (RFC 9449 §11.1): `jti` is unique for its key and address.
    pub fn of_proof(thumbprint: &str, address: &str, jti: &str, expires_on: Timestamp) -> Self {
        Self::of(&["proof", thumbprint, address, jti], expires_on)
    }

    fn of(parts: &[&str], expires_on: Timestamp) -> Self {
        // Each part with its length, so that no two lists look alike.
        let text: String = parts
            .iter()
            .map(|part| format!("{}:{part}", part.len()))
            .collect();
        Self {
            key: format!("{}:{}", Self::KIND, digest(&text)),
            expires_on,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_lists_of_parts_have_one_key() {
        let end = Timestamp::from_seconds(1);
        let assertion =
            |client: &str, jti: &str| OneUse::of_assertion(&ClientId::new(client), jti, end).key;
        assert_ne!(assertion("a", "bc"), assertion("ab", "c"));
        assert_ne!(assertion("a", "b"), OneUse::of_proof("a", "", "b", end).key);
        assert!(assertion("a", &"x".repeat(10_000)).len() < 50);
    }
}
