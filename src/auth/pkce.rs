//! Proof Key for Code Exchange (RFC 7636), S256 only.

use super::secret::{Secret, digest};
use crate::error::InvalidInput;

/// A code challenge as a client sends it: base64url of a SHA-256, 43 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge(String);

impl Challenge {
    /// Reads `code_challenge` and `code_challenge_method` (RFC 7636 §4.3): S256, or none at all.
    pub fn read(
        challenge: Option<&str>,
        method: Option<&str>,
    ) -> Result<Option<Self>, InvalidInput> {
        match (challenge, method) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(InvalidInput::MethodWithoutChallenge),
            (Some(_), Some(method)) if method != "S256" => Err(InvalidInput::UnsupportedMethod),
            (Some(text), _) => Self::parse(text)
                .map(Some)
                .ok_or(InvalidInput::MalformedChallenge),
        }
    }

    /// Reads a challenge (RFC 7636 §4.2); nothing if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 43
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        fits.then(|| Self(text.to_owned()))
    }

    /// The challenge that a verifier answers; nothing if it cannot be a verifier (RFC 7636 §4.1).
    pub fn of_verifier(verifier: &Secret) -> Option<Self> {
        let text = verifier.expose();
        let fits = (43..=128).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        fits.then(|| Self(digest(text)))
    }

    /// The text to store or send.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_appendix_b() {
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let challenge = Challenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(challenge.is_some());
        assert_eq!(Challenge::of_verifier(&verifier), challenge);
    }

    #[test]
    fn malformed_challenges_and_verifiers_are_none() {
        for text in [
            "",
            "short",
            &"x".repeat(44),
            &"=".repeat(43),
            &"é".repeat(21),
        ] {
            assert_eq!(Challenge::parse(text), None);
        }
        for text in ["", &"x".repeat(42), &"x".repeat(129), &" ".repeat(43)] {
            assert_eq!(Challenge::of_verifier(&Secret::new(text)), None);
        }
    }
}
