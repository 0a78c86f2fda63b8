//! A provider's key set (RFC 7517), and which of its keys is good for a token.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Map, Value, json};

use super::algorithm::SignatureAlgorithm;
use super::invalid::InvalidToken;

/// More keys than any provider has.
const MAX_KEYS: usize = 100;
/// What RS256 and PS256 need (RFC 7518 §3.3), in bytes.
const MIN_RSA_MODULUS: usize = 256;

/// The keys of a provider, as they were fetched.
#[derive(Debug, Clone)]
pub struct JwkSet(Vec<Map<String, Value>>);

impl JwkSet {
    /// Reads a key set. What is not a JWK object is passed over (RFC 7517 §5).
    pub fn read(mut set: Map<String, Value>) -> Result<Self, InvalidToken> {
        let Some(Value::Array(keys)) = set.remove("keys") else {
            return Err(InvalidToken::new("the key set has no keys"));
        };
        if keys.len() > MAX_KEYS {
            return Err(InvalidToken::new("the key set has too many keys"));
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
    pub fn find(&self, kid: Option<&str>, algorithm: SignatureAlgorithm) -> Option<Value> {
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

/// Whether a JWK holds what must not be shown: a private key or a shared secret (RFC 7518 §6).
pub fn has_private_part(key: &Map<String, Value>) -> bool {
    let secret = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    secret.into_iter().any(|name| key.contains_key(name))
}

/// The public key of a JWK, which says nothing else; nothing where it is not one for the algorithm.
pub(super) fn public_key(key: &Map<String, Value>, algorithm: SignatureAlgorithm) -> Option<Value> {
    let is = |name: &str, expected: &str| key.get(name).is_none_or(|value| value == expected);
    let alg = key
        .get("alg")
        .map(|alg| alg.as_str().is_some_and(|alg| algorithm.is_named(alg)));
    let (kty, curve, members) = algorithm.key_shape();
    let verifies = key.get("key_ops").is_none_or(|operations| {
        let operations = operations.as_array();
        operations.is_some_and(|list| list.iter().any(|operation| operation == "verify"))
    });
    if !is("use", "sig") || alg == Some(false) || !verifies {
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

#[cfg(test)]
mod tests {
    use super::super::example::Signer256;
    use super::*;

    fn read(set: &Value) -> Result<JwkSet, InvalidToken> {
        JwkSet::read(set.as_object().unwrap().clone())
    }

    fn set(keys: &Value) -> JwkSet {
        read(&json!({ "keys": keys })).unwrap()
    }

    /// A key with one member set, or removed if null.
    fn key(name: &str, value: Value) -> Value {
        let mut jwk = Signer256::new("a", 1).jwk();
        if value.is_null() {
            jwk.remove(name);
        } else {
            jwk.insert(name.to_owned(), value);
        }
        Value::Object(jwk)
    }

    fn rsa(bytes: usize) -> Value {
        let n = Base64UrlUnpadded::encode_string(&vec![0xff; bytes]);
        json!({ "kty": "RSA", "kid": "r", "use": "sig", "alg": "RS256", "n": n, "e": "AQAB" })
    }

    #[test]
    fn the_key_of_the_kid_is_found_and_says_nothing_else() {
        let [a, b] = [Signer256::new("a", 1), Signer256::new("b", 2)];
        let set = set(&json!([a.jwk(), b.jwk()]));
        let found = set.find(Some("b"), SignatureAlgorithm::Es256).unwrap();
        assert_eq!(
            found,
            json!({ "kty": "EC", "crv": "P-256", "x": b.jwk()["x"], "y": b.jwk()["y"] })
        );
        assert_eq!(set.find(Some("c"), SignatureAlgorithm::Es256), None);
        assert_eq!(set.find(Some(""), SignatureAlgorithm::Es256), None);
    }

    #[test]
    fn a_key_of_another_use_algorithm_or_type_is_no_key() {
        for (name, value) in [
            ("use", json!("enc")),
            ("use", json!(1)),
            ("alg", json!("RS256")),
            ("alg", json!("ECDH-ES")),
            ("key_ops", json!(["sign"])),
            ("key_ops", json!("verify")),
            ("kty", json!("RSA")),
            ("kty", Value::Null),
            ("crv", json!("P-384")),
            ("crv", Value::Null),
            ("x", Value::Null),
            ("y", json!(5)),
        ] {
            let set = set(&json!([key(name, value.clone())]));
            assert_eq!(
                set.find(Some("a"), SignatureAlgorithm::Es256),
                None,
                "{name} {value}"
            );
        }
        for (name, value) in [
            ("use", Value::Null),
            ("alg", Value::Null),
            ("key_ops", json!(["verify"])),
            ("d", json!("private parts are not looked at")),
        ] {
            let set = set(&json!([key(name, value)]));
            assert!(
                set.find(Some("a"), SignatureAlgorithm::Es256).is_some(),
                "{name}"
            );
        }
    }

    #[test]
    fn an_rsa_key_serves_the_algorithm_it_names_and_is_strong() {
        let find = |key: Value, algorithm| set(&json!([key])).find(Some("r"), algorithm);
        assert!(find(rsa(256), SignatureAlgorithm::Rs256).is_some());
        assert_eq!(find(rsa(256), SignatureAlgorithm::Ps256), None);
        assert_eq!(find(rsa(256), SignatureAlgorithm::Es256), None);
        assert_eq!(find(rsa(255), SignatureAlgorithm::Rs256), None);
        assert_eq!(find(rsa(0), SignatureAlgorithm::Rs256), None);
        let mut unnamed = rsa(256);
        unnamed.as_object_mut().unwrap().remove("alg");
        assert!(find(unnamed, SignatureAlgorithm::Ps256).is_some());
    }

    #[test]
    fn an_ed25519_key_is_for_eddsa() {
        let key = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "e",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        let set = set(&json!([key]));
        assert_eq!(
            set.find(Some("e"), SignatureAlgorithm::EdDsa),
            Some(json!({ "kty": "OKP", "crv": "Ed25519",
                "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }))
        );
        assert_eq!(set.find(Some("e"), SignatureAlgorithm::Es256), None);
    }

    #[test]
    fn without_a_kid_there_must_be_one_key_to_choose_from() {
        let [a, b] = [Signer256::new("a", 1).jwk(), Signer256::new("b", 2).jwk()];
        assert!(
            set(&json!([a]))
                .find(None, SignatureAlgorithm::Es256)
                .is_some()
        );
        let encrypts = key("use", json!("enc"));
        let one = set(&json!([encrypts, b]));
        assert!(one.find(None, SignatureAlgorithm::Es256).is_some());
        assert_eq!(
            set(&json!([a, b])).find(None, SignatureAlgorithm::Es256),
            None
        );
    }

    #[test]
    fn a_key_set_that_is_none_is_refused_and_a_strange_key_passed_over() {
        let many = json!({ "keys": vec![rsa(256); 101] });
        for none in [json!({}), json!({ "keys": {} }), many] {
            assert!(read(&none).is_err());
        }
        let set = set(&json!([1, null, "x", {}, Signer256::new("a", 1).jwk()]));
        assert!(set.find(Some("a"), SignatureAlgorithm::Es256).is_some());
    }

    #[test]
    fn only_four_algorithms_are_known() {
        for name in ["RS256", "PS256", "ES256", "EdDSA"] {
            assert_eq!(SignatureAlgorithm::from_name(name).unwrap().name(), name);
        }
        for name in [
            "none", "None", "", "HS256", "HS512", "RS512", "ES384", "rs256", "RSA1_5",
        ] {
            assert_eq!(SignatureAlgorithm::from_name(name), None, "{name}");
        }
    }
}
