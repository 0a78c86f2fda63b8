//! Secrets: strings that are never printed, random tokens, digests, and comparison in constant time.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Builder;

use crate::error::{Error, ErrorKind};

/// Text that must not be read: it has no `Display`, its `Debug` hides it, `==` does not exist, and its
/// memory is overwritten when it is dropped.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes charge of a secret text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into().into())
    }

    /// The text itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }

    /// What is stored of a high-entropy secret: base64url of its SHA-256.
    pub fn digest(&self) -> String {
        digest(self.expose())
    }

    /// Whether it has the form of what [`random_secret`] draws, as no name has that people choose.
    pub fn looks_random(&self) -> bool {
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        self.expose().len() == 43 && self.expose().bytes().all(is_base64url)
    }

    /// Whether this is the secret that was digested, in constant time.
    pub fn matches(&self, digest: &str) -> bool {
        constant_time_eq(self.digest().as_bytes(), digest.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Base64url (no padding) of the SHA-256 of a text.
pub fn digest(text: &str) -> String {
    Base64UrlUnpadded::encode_string(&Sha256::digest(text.as_bytes()))
}

/// Compares without telling by its duration where the difference is.
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// `N` random bytes from the platform's generator.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| ErrorKind::Internal(format!("random numbers: {error}")))?;
    Ok(bytes)
}

/// A fresh secret of 256 random bits, as 43 characters of base64url.
pub fn random_secret() -> Result<Secret, Error> {
    let bytes = random_bytes::<32>()?;
    Ok(Secret::new(Base64UrlUnpadded::encode_string(&bytes)))
}

/// A fresh identifier of 144 random bits, as 24 characters of base64url.
pub fn random_id() -> Result<String, Error> {
    Ok(Base64UrlUnpadded::encode_string(&random_bytes::<18>()?))
}

/// A fresh UUID (RFC 9562 version 4), as the original's keys are.
pub fn random_uuid() -> Result<String, Error> {
    let bytes = random_bytes::<16>()?;
    Ok(Builder::from_random_bytes(bytes).into_uuid().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }

    #[test]
    fn a_secret_matches_its_own_digest_only() {
        let secret = Secret::new("demo-web-secret");
        assert!(secret.matches(&secret.digest()));
        assert!(!secret.matches(&digest("demo-web-secreT")));
        assert!(!secret.matches(""));
    }

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        let uuid = random_uuid().unwrap();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
        assert_ne!(uuid, random_uuid().unwrap());
    }
}
