//! The access tokens that an isolate has verified: a signature is verified once, and time at every use.

use std::cell::RefCell;
use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::auth::id::SessionId;
use crate::auth::time::Timestamp;

/// The most tokens that are remembered; about 200 bytes each.
const CAPACITY: usize = 1_000;

/// Whether a token's `exp` is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// A token past its time is refused.
    Checked,
    /// A token past its time still names its session (refreshing needs that).
    Ignored,
}

/// What a verified access token says, as far as a request depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedToken {
    /// `sid`: the session, a row in D1.
    pub session_id: SessionId,
    /// `iss`, which was compared with the deployment's.
    pub issuer: String,
    /// `aud`: whom the token is for.
    pub audience: Vec<String>,
    /// `scope`, in tokens of the OAuth endpoints.
    pub scope: Option<String>,
    /// `cnf.jkt`: the thumbprint of the key whose proof must come along (RFC 9449 §6.1).
    pub key: Option<String>,
    /// `exp`, if the token has one.
    pub expires: Option<Timestamp>,
    /// `nbf`, if the token has one.
    pub not_before: Option<Timestamp>,
}

impl VerifiedToken {
    /// Whether the token is for an audience (RFC 7519 §4.1.3).
    pub fn is_for(&self, audience: &str) -> bool {
        self.audience.iter().any(|named| named == audience)
    }

    /// Whether the token may be used at `now`. A token without `exp` has expired.
    pub fn is_in_time(&self, now: Timestamp, expiry: Expiry) -> bool {
        let in_life = self.expires.is_some_and(|end| now <= end);
        let begun = self.not_before.is_none_or(|start| now >= start);
        (expiry == Expiry::Ignored || in_life) && begun
    }
}

/// SHA-256 of a whole token, signature included: no other text has the same.
type TokenDigest = [u8; 32];

/// The tokens that one set of keys has verified, by their digests; no token is kept.
///
/// The map belongs to the keys, so that it cannot outlive them or answer for others. Looking a
/// digest up may take a time that depends on it: only the sender of a token knows its digest, and
/// cannot choose it.
#[derive(Default)]
pub struct VerifiedTokens(RefCell<HashMap<TokenDigest, VerifiedToken>>);

impl VerifiedTokens {
    /// What was found when this very token was verified for `issuer`, or else what `verify` finds now.
    ///
    /// Only what `verify` lets through is remembered.
    pub fn get_or_verify(
        &self,
        token: &str,
        issuer: &str,
        verify: impl FnOnce() -> Option<VerifiedToken>,
    ) -> Option<VerifiedToken> {
        let digest = Sha256::digest(token.as_bytes()).into();
        let known = self.0.borrow().get(&digest).cloned();
        if let Some(known) = known.filter(|known| known.issuer == issuer) {
            return Some(known);
        }
        let verified = verify()?;
        let mut tokens = self.0.borrow_mut();
        // Forgetting costs one more verification of each token that is still in use, and needs no
        // order.
        if tokens.len() >= CAPACITY {
            tokens.clear();
        }
        tokens.insert(digest, verified.clone());
        Some(verified)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(number: usize) -> VerifiedToken {
        VerifiedToken {
            session_id: SessionId::new(number.to_string()),
            issuer: "us".to_owned(),
            audience: vec!["us".to_owned()],
            scope: None,
            key: None,
            expires: Some(Timestamp::from_seconds(1)),
            not_before: None,
        }
    }

    #[test]
    fn no_more_tokens_are_remembered_than_the_map_may_hold() {
        let tokens = VerifiedTokens::default();
        for number in 0..CAPACITY * 2 + 1 {
            let text = number.to_string();
            let found = tokens.get_or_verify(&text, "us", || Some(token(number)));
            assert_eq!(found, Some(token(number)));
            assert!(tokens.0.borrow().len() <= CAPACITY);
        }
        // The last one is still there.
        let last = (CAPACITY * 2).to_string();
        assert!(tokens.get_or_verify(&last, "us", || None).is_some());
    }

    #[test]
    fn a_token_that_is_refused_is_verified_again_and_never_remembered() {
        let tokens = VerifiedTokens::default();
        assert_eq!(tokens.get_or_verify("x", "us", || None), None);
        assert!(tokens.0.borrow().is_empty());
        let known = tokens.get_or_verify("x", "us", || Some(token(1)));
        assert_eq!(tokens.get_or_verify("x", "us", || None), known);
        assert_eq!(tokens.get_or_verify("x ", "us", || None), None);
        assert_eq!(tokens.get_or_verify("x", "them", || None), None);
    }

    #[test]
    fn a_token_without_an_end_has_expired_and_one_with_a_beginning_waits_for_it() {
        let endless = VerifiedToken {
            expires: None,
            not_before: Some(Timestamp::from_seconds(5)),
            ..token(1)
        };
        assert!(!endless.is_in_time(Timestamp::from_millis(5_000), Expiry::Checked));
        assert!(endless.is_in_time(Timestamp::from_millis(5_000), Expiry::Ignored));
        assert!(!endless.is_in_time(Timestamp::from_millis(4_999), Expiry::Ignored));
        assert!(token(1).is_in_time(Timestamp::from_millis(1_000), Expiry::Checked));
        assert!(!token(1).is_in_time(Timestamp::from_millis(1_001), Expiry::Checked));
    }
}
