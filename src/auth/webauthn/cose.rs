//! The public keys of credentials (COSE keys, RFC 9053 §7) and their signatures.

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::signature::Verifier;
use serde_json::json;

use super::cbor::{Item, Key, Map};
use super::refused::Refused;
use crate::auth::jose::algorithm::SignatureAlgorithm;
use crate::auth::jose::detached::DetachedSignature;

/// `alg` of EdDSA with Ed25519.
pub(super) const EDDSA: i64 = -8;
/// `alg` of ECDSA on P-256 with SHA-256.
pub(super) const ES256: i64 = -7;
/// `alg` of RSASSA-PKCS1-v1_5 with SHA-256.
pub(super) const RS256: i64 = -257;

/// The labels of a key's parameters (RFC 9053 §7).
const KTY: i64 = 1;
const ALG: i64 = 3;
const CRV_OR_N: i64 = -1;
const X_OR_E: i64 = -2;
const Y: i64 = -3;
/// The values of `kty` and `crv` that are read.
const OKP: i64 = 1;
const EC2: i64 = 2;
const RSA: i64 = 3;
const P256: i64 = 1;
const ED25519: i64 = 6;
/// The moduli that are taken, in bytes: 2048 bits (NIST SP 800-131A) to 4096.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=512;
/// 65537, the one exponent that authenticators use.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// A credential's public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// On P-256.
    Es256(Box<p256::ecdsa::VerifyingKey>),
    /// Ed25519.
    EdDsa(Box<ed25519_dalek::VerifyingKey>),
    /// RSA: the modulus. The exponent is 65537.
    Rs256(Vec<u8>),
}

/// Whether a signature holds, or what the platform is to verify.
#[derive(Debug)]
pub enum SignatureVerdict {
    /// It holds.
    Holds,
    /// It is wrong.
    Wrong,
    /// RSA, which WebCrypto verifies.
    Unverified(Box<DetachedSignature>),
}

impl PublicKey {
    /// Reads a COSE key, to the last byte.
    ///
    /// # Errors
    ///
    /// [`Refused::Algorithm`] for a key of an algorithm that is not offered, [`Refused::Key`] for
    /// one that no signature can be trusted with.
    pub fn read(bytes: &[u8]) -> Result<Self, Refused> {
        match Item::read(bytes) {
            Ok(Item::Map(map)) => Self::from_map(&map),
            _ => Err(MALFORMED),
        }
    }

    /// Reads the parameters of a key. It has the required ones and no other (WebAuthn §6.5.1).
    fn from_map(map: &Map<'_>) -> Result<Self, Refused> {
        let kty = number(map, KTY)?;
        let (kty_of_alg, parameters) = match number(map, ALG)? {
            EDDSA => (OKP, 4),
            ES256 => (EC2, 5),
            RS256 => (RSA, 4),
            _ => return Err(Refused::Algorithm),
        };
        if kty != kty_of_alg || map.len() != parameters {
            return Err(MALFORMED);
        }
        match kty {
            OKP => ed25519(map),
            EC2 => p256(map),
            _ => rsa(map),
        }
    }

    /// Verifies a signature, as far as that needs no platform.
    pub fn verify(&self, signed: Vec<u8>, signature: &[u8]) -> SignatureVerdict {
        let holds = match self {
            Self::Es256(key) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(&signed, &signature).is_ok()),
            // Strict: neither a small-order key nor a small-order R (RFC 8032 §8.9 leaves it open).
            Self::EdDsa(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(&signed, &signature).is_ok()),
            Self::Rs256(modulus) => {
                let encode = Base64UrlUnpadded::encode_string;
                let key = json!({ "kty": "RSA", "n": encode(modulus), "e": encode(&EXPONENT) });
                return SignatureVerdict::Unverified(Box::new(DetachedSignature {
                    algorithm: SignatureAlgorithm::Rs256,
                    key,
                    signed,
                    signature: signature.to_vec(),
                }));
            }
        };
        if holds {
            SignatureVerdict::Holds
        } else {
            SignatureVerdict::Wrong
        }
    }
}

const MALFORMED: Refused = Refused::Malformed("COSE key");

fn ed25519(map: &Map<'_>) -> Result<PublicKey, Refused> {
    if number(map, CRV_OR_N)? != ED25519 {
        return Err(Refused::Algorithm);
    }
    let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes(map, X_OR_E)?)
        .ok()
        .filter(|key| !key.is_weak())
        .ok_or(Refused::Key)?;
    Ok(PublicKey::EdDsa(Box::new(key)))
}

fn p256(map: &Map<'_>) -> Result<PublicKey, Refused> {
    if number(map, CRV_OR_N)? != P256 {
        return Err(Refused::Algorithm);
    }
    let (x, y): ([u8; 32], [u8; 32]) = (bytes(map, X_OR_E)?, bytes(map, Y)?);
    // SEC 1 §2.3.3, uncompressed. Refuses what is not on the curve.
    p256::ecdsa::VerifyingKey::from_sec1_bytes(&[&[4][..], &x, &y].concat())
        .map(|key| PublicKey::Es256(Box::new(key)))
        .map_err(|_| Refused::Key)
}

fn rsa(map: &Map<'_>) -> Result<PublicKey, Refused> {
    let (Some(Item::Bytes(modulus)), Some(Item::Bytes(exponent))) =
        (map.get(Key::Number(CRV_OR_N)), map.get(Key::Number(X_OR_E)))
    else {
        return Err(MALFORMED);
    };
    let is_strong = MODULUS.contains(&modulus.len()) && modulus.first() != Some(&0);
    (is_strong && *exponent == EXPONENT)
        .then(|| PublicKey::Rs256(modulus.to_vec()))
        .ok_or(Refused::Key)
}

fn number(map: &Map<'_>, label: i64) -> Result<i64, Refused> {
    match map.get(Key::Number(label)) {
        Some(Item::Integer(number)) => Ok(*number),
        _ => Err(MALFORMED),
    }
}

fn bytes<const N: usize>(map: &Map<'_>, label: i64) -> Result<[u8; N], Refused> {
    match map.get(Key::Number(label)) {
        Some(Item::Bytes(bytes)) => (*bytes).try_into().map_err(|_| MALFORMED),
        _ => Err(MALFORMED),
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::{cose_ed25519, cose_p256, cose_rsa};
    use super::*;
    use ed25519_dalek::Signer as _;

    fn on_p256() -> p256::ecdsa::SigningKey {
        p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap()
    }

    fn verdict(key: &[u8], signature: &[u8]) -> Option<bool> {
        let key = PublicKey::read(key).unwrap();
        match key.verify(b"signed".to_vec(), signature) {
            SignatureVerdict::Holds => Some(true),
            SignatureVerdict::Wrong => Some(false),
            SignatureVerdict::Unverified(_) => None,
        }
    }

    #[test]
    fn a_p256_signature_holds_in_der_for_its_own_text() {
        let key = on_p256();
        let cose = cose_p256(key.verifying_key());
        let sign = |text: &[u8]| {
            let signature: p256::ecdsa::Signature = key.sign(text);
            signature
        };
        let good = sign(b"signed");
        assert_eq!(verdict(&cose, good.to_der().as_bytes()), Some(true));
        let other = sign(b"another");
        assert_eq!(verdict(&cose, other.to_der().as_bytes()), Some(false));
        // The raw form of JOSE is not what authenticators write.
        assert_eq!(verdict(&cose, &good.to_bytes()), Some(false));
        assert_eq!(verdict(&cose, &[]), Some(false));
        let longer = [good.to_der().as_bytes(), &[0]].concat();
        assert_eq!(verdict(&cose, &longer), Some(false));
    }

    #[test]
    fn an_ed25519_signature_holds_for_its_own_text() {
        let key = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
        let cose = cose_ed25519(key.verifying_key().as_bytes());
        assert_eq!(verdict(&cose, &key.sign(b"signed").to_bytes()), Some(true));
        assert_eq!(verdict(&cose, &key.sign(b"other").to_bytes()), Some(false));
        assert_eq!(verdict(&cose, &[0; 63]), Some(false));
    }

    #[test]
    fn an_rsa_signature_is_handed_to_the_platform_with_its_key() {
        let key = PublicKey::read(&cose_rsa(&[0xff; 256], &EXPONENT)).unwrap();
        let SignatureVerdict::Unverified(check) = key.verify(b"signed".to_vec(), b"sig") else {
            panic!("verified here");
        };
        assert_eq!(check.algorithm, SignatureAlgorithm::Rs256);
        assert_eq!(check.key["e"], "AQAB");
        assert_eq!(
            (&*check.signed, &*check.signature),
            (&b"signed"[..], &b"sig"[..])
        );
    }

    #[test]
    fn a_key_that_no_signature_can_be_trusted_with_is_refused() {
        let refusal = |key: &[u8]| PublicKey::read(key).unwrap_err();
        // Its point is on no curve.
        let mut off_curve = cose_p256(on_p256().verifying_key());
        *off_curve.last_mut().unwrap() ^= 1;
        assert_eq!(refusal(&off_curve), Refused::Key);
        // The identity, of small order: every signature of a kind holds for it.
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(refusal(&cose_ed25519(&identity)), Refused::Key);
        // On no curve either.
        let mut none = [0xff; 32];
        none[0] = 2;
        assert_eq!(refusal(&cose_ed25519(&none)), Refused::Key);
        for (modulus, exponent) in [
            (vec![0xff; 255], &EXPONENT[..]),
            (vec![0xff; 513], &EXPONENT),
            ([&[0][..], &[0xff; 256]].concat(), &EXPONENT),
            (vec![0xff; 256], &[3]),
            (vec![0xff; 256], &[0, 1, 0, 1]),
        ] {
            assert_eq!(refusal(&cose_rsa(&modulus, exponent)), Refused::Key);
        }
    }

    #[test]
    fn a_key_has_the_parameters_of_its_algorithm_and_no_other() {
        let refusal = |key: &[u8]| PublicKey::read(key).unwrap_err();
        let good = cose_p256(on_p256().verifying_key());
        assert_eq!(good[..7], [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01]);
        let changed = |position: usize, byte: u8| {
            let mut key = good.clone();
            key[position] = byte;
            key
        };
        assert_eq!(refusal(&changed(2, 0x01)), MALFORMED); // kty of another algorithm
        assert_eq!(refusal(&changed(4, 0x38)), MALFORMED); // alg no longer in its place
        assert_eq!(refusal(&changed(4, 0x24)), Refused::Algorithm); // -5
        assert_eq!(refusal(&changed(6, 0x02)), Refused::Algorithm); // P-384
        let mut more = changed(0, 0xa6);
        more.extend([0x04, 0x81, 0x02]); // key_ops
        assert_eq!(refusal(&more), MALFORMED);
        assert_eq!(refusal(&good[..good.len() - 35]), MALFORMED);
        assert_eq!(refusal(&[&good[..], &[0]].concat()), MALFORMED);
        assert_eq!(refusal(&[0x80]), MALFORMED);
    }
}
