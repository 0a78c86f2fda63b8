//! One key of ours, that tokens are signed and verified with, and its algorithm.
//!
//! The header's `alg` never chooses a key: the key's own type says which algorithm is right
//! (RFC 8725 §3.1).

use base64ct::{Base64UrlUnpadded, Encoding};
use jwt_compact::alg::{Ed25519, Es256, Hs256, Hs256Key};
use jwt_compact::jwk::JsonWebKey;
use jwt_compact::prelude::*;
use jwt_compact::{Algorithm, AlgorithmSignature, CreationError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::compact::CompactJws;
use crate::auth::secret::Secret;

/// Key id of the shared secret; it must reveal nothing of the secret.
const SHARED_KEY_ID: &str = "shared";

/// A key with its id.
pub struct SigningKey {
    id: String,
    pair: KeyPair,
}

/// Key and algorithm; what signs comes first.
enum KeyPair {
    Ed25519(ed25519::SecretKey, ed25519::PublicKey),
    P256(p256::SigningKey, p256::VerifyingKey),
    Shared(Hs256Key),
}

// The key types behind jwt-compact's algorithms, under names that say what they are.
mod ed25519 {
    use jwt_compact::Algorithm;
    use jwt_compact::alg::Ed25519;
    pub type SecretKey = <Ed25519 as Algorithm>::SigningKey;
    pub type PublicKey = <Ed25519 as Algorithm>::VerifyingKey;
}
mod p256 {
    use jwt_compact::Algorithm;
    use jwt_compact::alg::Es256;
    pub type SigningKey = <Es256 as Algorithm>::SigningKey;
    pub type VerifyingKey = <Es256 as Algorithm>::VerifyingKey;
}

impl SigningKey {
    /// Reads a private JWK; fails with what is wrong, without any value.
    pub fn from_jwk(jwk: &Value) -> Result<Self, &'static str> {
        let key: JsonWebKey<'_> = Deserialize::deserialize(jwk)
            .map_err(|_| "holds a key that is not a JWK of kty OKP or EC")?;
        let pair = match jwk.get("crv").and_then(Value::as_str) {
            Some("Ed25519") => ed25519::SecretKey::try_from(&key).map(|secret| {
                let public = secret.verifying_key();
                KeyPair::Ed25519(secret, public)
            }),
            Some("P-256") => p256::SigningKey::try_from(&key).map(|secret| {
                let public = *secret.verifying_key();
                KeyPair::P256(secret, public)
            }),
            _ => return Err("holds a key that is neither Ed25519 nor P-256"),
        }
        .map_err(|_| "holds a key without a matching private part")?;
        // RFC 7638: the thumbprint names a key that was given no name.
        let thumbprint = || Base64UrlUnpadded::encode_string(&thumbprint(&key));
        let id = jwk.get("kid").and_then(Value::as_str);
        Ok(Self {
            id: id.map_or_else(thumbprint, str::to_owned),
            pair,
        })
    }

    /// Takes a secret that resource servers share.
    pub fn shared(secret: &Secret) -> Self {
        Self {
            id: SHARED_KEY_ID.to_owned(),
            pair: KeyPair::Shared(Hs256Key::new(secret.expose())),
        }
    }

    /// The key id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Makes a token.
    pub fn sign<H: Serialize, T: Serialize>(
        &self,
        header: &Header<H>,
        claims: &Claims<T>,
    ) -> Result<String, CreationError> {
        match &self.pair {
            KeyPair::Ed25519(secret, _) => Ed25519.token(header, claims, secret),
            KeyPair::P256(secret, _) => Es256.token(header, claims, secret),
            KeyPair::Shared(secret) => Hs256.token(header, claims, secret),
        }
    }

    /// The public half as a JWK; a shared secret has none.
    pub fn public_jwk(&self) -> Option<Value> {
        let (jwk, alg) = match &self.pair {
            KeyPair::Ed25519(_, public) => (JsonWebKey::from(public), "EdDSA"),
            KeyPair::P256(_, public) => (JsonWebKey::from(public), "ES256"),
            KeyPair::Shared(_) => return None,
        };
        let mut jwk = serde_json::to_value(jwk).ok()?;
        let members = jwk.as_object_mut()?;
        members.insert("kid".to_owned(), json!(self.id));
        members.insert("alg".to_owned(), json!(alg));
        members.insert("use".to_owned(), json!("sig"));
        Some(jwk)
    }

    /// Whether this key has signed a token, with the key's own algorithm.
    pub fn has_signed(&self, token: &CompactJws) -> bool {
        match &self.pair {
            KeyPair::Ed25519(_, public) => verifies(&Ed25519, public, token),
            KeyPair::P256(_, public) => verifies(&Es256, public, token),
            KeyPair::Shared(secret) => verifies(&Hs256, secret, token),
        }
    }
}

fn verifies<A: Algorithm>(algorithm: &A, key: &A::VerifyingKey, token: &CompactJws) -> bool {
    let length = <A::Signature as AlgorithmSignature>::LENGTH;
    let fits = length.is_none_or(|length| length.get() == token.signature.len());
    if !fits || token.header_text("alg") != Some(&*algorithm.name()) {
        return false;
    }
    A::Signature::try_from_slice(&token.signature).is_ok_and(|signature| {
        algorithm.verify_signature(&signature, key, token.signing_input.as_bytes())
    })
}

fn thumbprint(key: &JsonWebKey<'_>) -> Vec<u8> {
    // The members RFC 7638 §3.2 asks for, in lexicographic order, and nothing else.
    let public = serde_json::to_value(key.to_verifying_key()).unwrap_or_default();
    let members: std::collections::BTreeMap<&str, &Value> = ["crv", "kty", "x", "y"]
        .into_iter()
        .filter_map(|name| Some((name, public.get(name)?)))
        .collect();
    Sha256::digest(serde_json::to_vec(&members).unwrap_or_default()).to_vec()
}
