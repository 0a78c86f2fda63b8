//! A JWT that is about to be signed.

use std::rc::Rc;

use base64ct::{Base64UrlUnpadded, Encoding};

use super::algorithm::SignatureAlgorithm;
use crate::auth::secret::Secret;

/// A JWT that is signed, or that WebCrypto has yet to sign.
pub enum Jwt {
    /// It is whole.
    Signed(String),
    /// Its signature is missing.
    Unsigned(UnsignedJwt),
}

/// A JWT without its signature, and what makes that.
pub struct UnsignedJwt {
    /// What is signed (ASCII).
    pub signing_input: String,
    /// How; [`SignatureAlgorithm::webcrypto`] says it in WebCrypto's words.
    pub algorithm: SignatureAlgorithm,
    /// The id of the key.
    pub kid: String,
    /// The private JWK, to be imported for `sign`.
    pub key: Rc<Secret>,
}

impl UnsignedJwt {
    /// The whole token (RFC 7515 §7.1).
    pub fn with_signature(self, signature: &[u8]) -> String {
        let signature = Base64UrlUnpadded::encode_string(signature);
        format!("{}.{signature}", self.signing_input)
    }
}
