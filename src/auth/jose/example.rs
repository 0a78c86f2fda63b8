//! What the tests of this folder and of those that use it share: a key that signs, a WebCrypto.

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use serde_json::{Map, Value, json};

use super::key_set::JwkSet;
use super::provider_token::SignatureCheck;

/// A provider's signing key, and the set it is published in.
pub struct Signer256 {
    key: SigningKey,
    kid: &'static str,
}

impl Signer256 {
    /// A key of its own for each byte.
    pub fn new(kid: &'static str, byte: u8) -> Self {
        let key = SigningKey::from_slice(&[byte; 32]).unwrap();
        Self { key, kid }
    }

    /// The public half.
    pub fn jwk(&self) -> Map<String, Value> {
        let point = self.key.verifying_key().to_encoded_point(false);
        // 4, then the two halves.
        let (x, y) = point.as_bytes()[1..].split_at(32);
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid,
            "x": Base64UrlUnpadded::encode_string(x),
            "y": Base64UrlUnpadded::encode_string(y),
        });
        jwk.as_object().unwrap().clone()
    }

    /// The set, as it is read.
    pub fn key_set(&self) -> JwkSet {
        let set = json!({ "keys": [self.jwk()] });
        JwkSet::read(set.as_object().unwrap().clone()).unwrap()
    }

    /// The set, as it is sent.
    pub fn jwks(&self) -> String {
        json!({ "keys": [self.jwk()] }).to_string()
    }

    /// Signs with its name in the header.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_as(&json!({ "alg": "ES256", "kid": self.kid }), claims)
    }

    /// Signs with any header.
    pub fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
        let input = format!("{}.{}", part(header), part(claims));
        let signature: Signature = self.key.sign(input.as_bytes());
        let signature = Base64UrlUnpadded::encode_string(&signature.to_bytes());
        format!("{input}.{signature}")
    }
}

/// What the edge does with a [`SignatureCheck`], for the one algorithm there is natively.
pub fn webcrypto(check: &SignatureCheck) -> bool {
    let check = &check.signature;
    assert_eq!(check.algorithm.webcrypto()["namedCurve"], "P-256");
    let part = |name: &str| {
        let text = check.key.get(name).and_then(Value::as_str).unwrap();
        Base64UrlUnpadded::decode_vec(text).unwrap()
    };
    let point = [vec![4], part("x"), part("y")].concat();
    let key = VerifyingKey::from_sec1_bytes(&point).unwrap();
    Signature::from_slice(&check.signature)
        .is_ok_and(|signature| key.verify(&check.signed, &signature).is_ok())
}
