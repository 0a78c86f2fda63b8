//! A provider's key set (RFC 7517), and which of its keys is good for a token.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Map, Value, json};

use super::Failure;
use super::call::Answer;

/// More keys than any provider has.
const MAX_KEYS: usize = 100;
/// What RS256 and PS256 need (RFC 7518 §3.3), in bytes.
const MIN_RSA_MODULUS: usize = 256;

/// The algorithms an id_token may be signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// The algorithm of this `alg`; nothing for `none`, the symmetric ones and all others.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa]
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }

    /// As `alg` writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// WebCrypto's `algorithm` for `importKey` and `verify` alike.
    pub fn webcrypto(self) -> Value {
        match self {
            Self::Rs256 => json!({ "name": "RSASSA-PKCS1-v1_5", "hash": "SHA-256" }),
            Self::Ps256 => json!({ "name": "RSA-PSS", "hash": "SHA-256", "saltLength": 32 }),
            Self::Es256 => json!({ "name": "ECDSA", "namedCurve": "P-256", "hash": "SHA-256" }),
            Self::EdDsa => json!({ "name": "Ed25519" }),
        }
    }

    /// `kty`, `crv` if there is one, and the members that are the key.
    const fn key_shape(self) -> (&'static str, Option<&'static str>, &'static [&'static str]) {
        match self {
            Self::Rs256 | Self::Ps256 => ("RSA", None, &["n", "e"]),
            Self::Es256 => ("EC", Some("P-256"), &["x", "y"]),
            Self::EdDsa => ("OKP", Some("Ed25519"), &["x"]),
        }
    }
}

/// The keys of a provider, as they were fetched.
#[derive(Debug, Clone)]
pub struct JwkSet(Vec<Map<String, Value>>);

impl JwkSet {
    /// Reads a key set. What is not a JWK object is passed over (RFC 7517 §5).
    pub fn read(answer: &Answer<'_>) -> Result<Self, Failure> {
        let mut set = answer.object("the key set")?;
        let Some(Value::Array(keys)) = set.remove("keys") else {
            return Err(Failure::untrusted("the key set has no keys"));
        };
        if keys.len() > MAX_KEYS {
            return Err(Failure::untrusted("the key set has too many keys"));
        }
        let keys = keys.into_iter().filter_map(|key| match key {
            Value::Object(key) => Some(key),
            _ => None,
        });
        Ok(Self(keys.collect()))
    }

    /// The public key to verify with, as a JWK that says nothing else.
    ///
    /// A key of another use, algorithm or type is no key. A token without `kid` is only of a set
    /// that has one key to choose from (OIDC Core §10.1).
    pub(super) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<Value> {
        let named = |key: &&Map<String, Value>| match kid {
            Some(kid) => key.get("kid").and_then(Value::as_str) == Some(kid),
            None => true,
        };
        let mut usable = self
            .0
            .iter()
            .filter(named)
            .filter_map(|key| public_key(key, algorithm));
        let key = usable.next()?;
        (kid.is_some() || usable.next().is_none()).then_some(key)
    }
}

fn public_key(key: &Map<String, Value>, algorithm: Algorithm) -> Option<Value> {
    let is = |name: &str, expected: &str| key.get(name).is_none_or(|value| value == expected);
    let (kty, curve, members) = algorithm.key_shape();
    let verifies = key.get("key_ops").is_none_or(|operations| {
        let operations = operations.as_array();
        operations.is_some_and(|list| list.iter().any(|operation| operation == "verify"))
    });
    if !is("use", "sig") || !is("alg", algorithm.name()) || !verifies {
        return None;
    }
    let mut public = Map::new();
    public.insert("kty".to_owned(), json!(kty));
    if let Some(curve) = curve {
        public.insert("crv".to_owned(), json!(curve));
    }
    if public
        .iter()
        .any(|(name, value)| key.get(name) != Some(value))
    {
        return None;
    }
    for member in members {
        let value = key.get(*member)?.as_str()?;
        public.insert((*member).to_owned(), json!(value));
    }
    (kty != "RSA" || is_strong(&public)).then_some(Value::Object(public))
}

fn is_strong(key: &Map<String, Value>) -> bool {
    let modulus = key.get("n").and_then(Value::as_str).unwrap_or_default();
    Base64UrlUnpadded::decode_vec(modulus)
        .is_ok_and(|bytes| bytes.iter().skip_while(|byte| **byte == 0).count() >= MIN_RSA_MODULUS)
}
