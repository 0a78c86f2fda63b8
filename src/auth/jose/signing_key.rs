//! One key of ours, that tokens are signed and verified with, and its algorithm.
//!
//! The header's `alg` never chooses a key: the key's own type says which algorithm is right
//! (RFC 8725 §3.1).

use std::rc::Rc;

use base64ct::{Base64UrlUnpadded, Encoding};
use jwt_compact::alg::{Ed25519, Es256, Hs256, Hs256Key};
use jwt_compact::jwk::JsonWebKey;
use jwt_compact::{Algorithm, AlgorithmSignature};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::algorithm::SignatureAlgorithm;
use super::compact::CompactJws;
use super::key_set::has_private_part;
use super::rsa_key::RsaKey;
use super::thumbprint::thumbprint;
use super::unsigned::{Jwt, UnsignedJwt};
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;

/// Key id of the shared secret; it must reveal nothing of the secret.
const SHARED_KEY_ID: &str = "shared";
/// The algorithm of the shared secret.
const SHARED_ALGORITHM: &str = "HS256";

/// A key with its id.
pub struct SigningKey {
    id: String,
    pair: KeyPair,
    /// `nbf` of the JWK: before it the key is published, and signs nothing.
    signs_from: Option<Timestamp>,
}

/// Key and algorithm; what signs comes first, and is absent of a key that only verifies.
enum KeyPair {
    Ed25519(Option<ed25519::SecretKey>, ed25519::PublicKey),
    P256(Option<p256::SigningKey>, p256::VerifyingKey),
    Rsa(RsaKey),
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

impl KeyPair {
    /// Reads a JWK, private or public.
    fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, &'static str> {
        const UNMATCHED: &str = "holds a key without a matching private part";
        if jwk.get("kty").is_some_and(|kty| kty == "RSA") {
            return RsaKey::from_jwk(jwk).map(Self::Rsa);
        }
        let key: JsonWebKey<'_> = Deserialize::deserialize(jwk)
            .map_err(|_| "holds a key that is not a JWK of kty OKP, EC or RSA")?;
        let private = has_private_part(jwk);
        match jwk.get("crv").and_then(Value::as_str) {
            Some("Ed25519") if private => {
                let secret = ed25519::SecretKey::try_from(&key).map_err(|_| UNMATCHED)?;
                let public = secret.verifying_key();
                Ok(Self::Ed25519(Some(secret), public))
            }
            Some("P-256") if private => {
                let secret = p256::SigningKey::try_from(&key).map_err(|_| UNMATCHED)?;
                let public = *secret.verifying_key();
                Ok(Self::P256(Some(secret), public))
            }
            Some("Ed25519") => ed25519::PublicKey::try_from(&key)
                .map(|public| Self::Ed25519(None, public))
                .map_err(|_| "holds an Ed25519 key that is not one"),
            Some("P-256") => p256::VerifyingKey::try_from(&key)
                .map(|public| Self::P256(None, public))
                .map_err(|_| "holds a P-256 key that is not one"),
            _ => Err("holds a key that is neither Ed25519, P-256 nor RSA"),
        }
    }

    /// The public half, as a JWK that says nothing else; a shared secret has none.
    fn public(&self) -> Option<Value> {
        match self {
            Self::Ed25519(_, public) => serde_json::to_value(JsonWebKey::from(public)).ok(),
            Self::P256(_, public) => serde_json::to_value(JsonWebKey::from(public)).ok(),
            Self::Rsa(key) => Some(key.public.clone()),
            Self::Shared(_) => None,
        }
    }
}

impl SigningKey {
    /// Reads a JWK; fails with what is wrong, without any value.
    pub fn from_jwk(jwk: &Value) -> Result<Self, &'static str> {
        let jwk = jwk.as_object().ok_or("holds a key that is not a JWK")?;
        let pair = KeyPair::from_jwk(jwk)?;
        let id = jwk.get("kid").and_then(Value::as_str);
        // RFC 7638: the thumbprint names a key that was given no name.
        let thumbprint = || pair.public().as_ref().map(thumbprint).unwrap_or_default();
        let signs_from = match jwk.get("nbf") {
            None => None,
            Some(seconds) => Some(
                seconds
                    .as_i64()
                    .ok_or("holds a key whose nbf is not in seconds")?,
            ),
        };
        Ok(Self {
            id: id.map_or_else(thumbprint, str::to_owned),
            pair,
            signs_from: signs_from.map(Timestamp::from_seconds),
        })
    }

    /// Takes a secret that resource servers share.
    pub fn shared(secret: &Secret) -> Self {
        Self {
            id: SHARED_KEY_ID.to_owned(),
            pair: KeyPair::Shared(Hs256Key::new(secret.expose())),
            signs_from: None,
        }
    }

    /// The key id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the key can sign: it is not only there to verify.
    pub const fn can_sign(&self) -> bool {
        match &self.pair {
            KeyPair::Ed25519(secret, _) => secret.is_some(),
            KeyPair::P256(secret, _) => secret.is_some(),
            KeyPair::Rsa(key) => key.private.is_some(),
            KeyPair::Shared(_) => true,
        }
    }

    /// Whether the key signs at `now`, having been published for long enough.
    pub fn signs_at(&self, now: Timestamp) -> bool {
        self.can_sign() && self.signs_from.is_none_or(|start| start <= now)
    }

    /// The algorithm; none of the public ones for a shared secret.
    pub const fn algorithm(&self) -> Option<SignatureAlgorithm> {
        match &self.pair {
            KeyPair::Ed25519(..) => Some(SignatureAlgorithm::EdDsa),
            KeyPair::P256(..) => Some(SignatureAlgorithm::Es256),
            KeyPair::Rsa(_) => Some(SignatureAlgorithm::Rs256),
            KeyPair::Shared(_) => None,
        }
    }

    /// Makes a token of a type (RFC 7515 §4.1.9); nothing if the key only verifies.
    ///
    /// # Errors
    ///
    /// Where the claims cannot be written as JSON.
    pub fn jwt<T: Serialize>(&self, typ: &str, claims: &T) -> serde_json::Result<Option<Jwt>> {
        let alg = self
            .algorithm()
            .map_or(SHARED_ALGORITHM, SignatureAlgorithm::name);
        self.sign(&json!({ "typ": typ, "alg": alg, "kid": self.id }), claims)
    }

    /// Makes a token with any header.
    pub(in crate::auth) fn sign<T: Serialize>(
        &self,
        header: &Value,
        claims: &T,
    ) -> serde_json::Result<Option<Jwt>> {
        let part = |bytes: Vec<u8>| Base64UrlUnpadded::encode_string(&bytes);
        let (header, claims) = (serde_json::to_vec(header)?, serde_json::to_vec(claims)?);
        let signing_input = format!("{}.{}", part(header), part(claims));
        Ok(match &self.pair {
            KeyPair::Ed25519(Some(secret), _) => Some(signed(&Ed25519, secret, &signing_input)),
            KeyPair::P256(Some(secret), _) => Some(signed(&Es256, secret, &signing_input)),
            KeyPair::Shared(secret) => Some(signed(&Hs256, secret, &signing_input)),
            KeyPair::Rsa(RsaKey {
                private: Some(key), ..
            }) => Some(Jwt::Unsigned(UnsignedJwt {
                signing_input,
                algorithm: SignatureAlgorithm::Rs256,
                kid: self.id.clone(),
                key: Rc::clone(key),
            })),
            KeyPair::Ed25519(None, _) | KeyPair::P256(None, _) | KeyPair::Rsa(_) => None,
        })
    }

    /// The public half as a JWK with its name and use; a shared secret has none.
    pub fn public_jwk(&self) -> Option<Value> {
        let mut jwk = self.pair.public()?;
        let members = jwk.as_object_mut()?;
        members.insert("kid".to_owned(), json!(self.id));
        members.insert("alg".to_owned(), json!(self.algorithm()?.name()));
        members.insert("use".to_owned(), json!("sig"));
        Some(jwk)
    }

    /// Whether this key has signed a token, with the key's own algorithm. Of an RSA key only WebCrypto
    /// can tell, so nothing is said to be its.
    pub fn has_signed(&self, token: &CompactJws) -> bool {
        match &self.pair {
            KeyPair::Ed25519(_, public) => verifies(&Ed25519, public, token),
            KeyPair::P256(_, public) => verifies(&Es256, public, token),
            KeyPair::Shared(secret) => verifies(&Hs256, secret, token),
            KeyPair::Rsa(_) => false,
        }
    }
}

fn signed<A: Algorithm>(algorithm: &A, key: &A::SigningKey, signing_input: &str) -> Jwt {
    let signature = algorithm.sign(key, signing_input.as_bytes());
    let signature = Base64UrlUnpadded::encode_string(&signature.as_bytes());
    Jwt::Signed(format!("{signing_input}.{signature}"))
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
