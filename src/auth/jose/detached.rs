//! A signature that the platform verifies, apart from what was signed by it.

use serde_json::Value;

use super::algorithm::SignatureAlgorithm;

/// What must be verified: that `signature` over `signed` is by `key`.
#[derive(Debug)]
pub struct DetachedSignature {
    /// How; [`SignatureAlgorithm::webcrypto`] says it in WebCrypto's words.
    pub algorithm: SignatureAlgorithm,
    /// A public JWK, to be imported for `verify`.
    pub key: Value,
    /// The signed bytes.
    pub signed: Vec<u8>,
    /// The signature, as WebCrypto takes it.
    pub signature: Vec<u8>,
}
