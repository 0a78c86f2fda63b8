//! An RSA key of ours. WebCrypto signs with it, at the edge: it is faster there than in wasm, and in
//! constant time.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::algorithm::SignatureAlgorithm;
use super::key_set::public_key;
use crate::auth::secret::Secret;

/// What a private key is made of (RFC 7518 §6.3.2); WebCrypto takes none that lacks a part.
const PRIVATE: [&str; 6] = ["d", "p", "q", "dp", "dq", "qi"];

/// A key for RS256.
pub struct RsaKey {
    /// Type, modulus and exponent.
    pub public: Value,
    /// The private JWK as JSON, if this is more than a key to verify with.
    pub private: Option<Rc<Secret>>,
}

impl RsaKey {
    /// Reads a JWK; fails with what is wrong, without any value.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, &'static str> {
        let public = public_key(jwk, SignatureAlgorithm::Rs256)
            .ok_or("holds an RSA key that is none for RS256, or has fewer than 2048 bits")?;
        if !jwk.contains_key("d") {
            return Ok(Self {
                public,
                private: None,
            });
        }
        let mut private = public.as_object().cloned().unwrap_or_default();
        for name in PRIVATE {
            let part = jwk.get(name).filter(|part| part.is_string());
            let part = part.ok_or("holds an RSA key without all of its private parts")?;
            private.insert(name.to_owned(), part.clone());
        }
        let private = Secret::new(Value::Object(private).to_string());
        Ok(Self {
            public,
            private: Some(Rc::new(private)),
        })
    }
}
