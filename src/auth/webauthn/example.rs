//! What the tests share: an authenticator, and the CBOR that it writes.

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::ceremony::Expected;
use super::credential::{AssertionCredential, Base64Url, RegistrationCredential};
use super::relying_party::RelyingParty;

pub const CHALLENGE: &str = "Y2hhbGxlbmdl";
pub const ORIGIN: &str = "https://login.example";
pub const RP_ID: &str = "login.example";

pub fn relying_party() -> RelyingParty {
    RelyingParty::new(RP_ID.to_owned(), vec![ORIGIN.to_owned()])
}

pub fn expected(relying_party: &RelyingParty) -> Expected<'_> {
    Expected {
        relying_party,
        challenge: CHALLENGE,
        user_presence: true,
        user_verification: true,
    }
}

/// The head of an item.
fn head(major: u8, length: usize) -> Vec<u8> {
    let first = major << 5;
    match u16::try_from(length).unwrap() {
        short @ 0..=23 => vec![first | u8::try_from(short).unwrap()],
        one @ 24..=255 => vec![first | 24, u8::try_from(one).unwrap()],
        two => [&[first | 25][..], &two.to_be_bytes()].concat(),
    }
}

pub fn bytes(content: &[u8]) -> Vec<u8> {
    [head(2, content.len()), content.to_vec()].concat()
}

pub fn text(content: &str) -> Vec<u8> {
    [head(3, content.len()), content.as_bytes().to_vec()].concat()
}

pub fn cose_p256(key: &VerifyingKey) -> Vec<u8> {
    let point = key.to_encoded_point(false);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    [
        &[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21][..],
        &bytes(x),
        &[0x22],
        &bytes(y),
    ]
    .concat()
}

pub fn cose_ed25519(key: &[u8; 32]) -> Vec<u8> {
    [
        &[0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21][..],
        &bytes(key),
    ]
    .concat()
}

pub fn cose_rsa(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    [
        &[0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20][..],
        &bytes(modulus),
        &[0x21],
        &bytes(exponent),
    ]
    .concat()
}

/// An authenticator with one passkey on P-256, of which each test spoils something.
pub struct Authenticator {
    key: SigningKey,
    pub id: Vec<u8>,
    pub rp_id: &'static str,
    pub flags: u8,
    pub sign_count: u32,
    pub client_data: Value,
    pub user_handle: Option<&'static str>,
}

pub const UP: u8 = 1;
pub const UV: u8 = 1 << 2;
pub const BE: u8 = 1 << 3;
pub const BS: u8 = 1 << 4;
const AT: u8 = 1 << 6;

impl Authenticator {
    pub fn new(operation: &str) -> Self {
        Self {
            key: SigningKey::from_slice(&[5; 32]).unwrap(),
            id: vec![1, 2, 3],
            rp_id: RP_ID,
            flags: UP | UV,
            sign_count: 0,
            client_data: json!({ "type": operation, "challenge": CHALLENGE, "origin": ORIGIN,
                "crossOrigin": false }),
            user_handle: Some("aGFuZGxl"),
        }
    }

    pub fn public_key(&self) -> Vec<u8> {
        cose_p256(self.key.verifying_key())
    }

    fn data(&self, more: u8, rest: &[u8]) -> Vec<u8> {
        let hash = Sha256::digest(self.rp_id);
        let count = self.sign_count.to_be_bytes();
        [&hash[..], &[self.flags | more], &count, rest].concat()
    }

    /// The attestation object of format "none".
    pub fn attestation_object(&self, public_key: &[u8]) -> Vec<u8> {
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let attested = [&[0; 16][..], &length, &self.id, public_key].concat();
        let data = self.data(AT, &attested);
        [
            vec![0xa3],
            text("fmt"),
            text("none"),
            text("attStmt"),
            vec![0xa0],
            text("authData"),
            bytes(&data),
        ]
        .concat()
    }

    pub fn register(&self) -> Value {
        let object = self.attestation_object(&self.public_key());
        self.registration(&object)
    }

    pub fn registration(&self, object: &[u8]) -> Value {
        let id = Base64Url::encode(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
            "response": { "clientDataJSON": Base64Url::encode(self.client_data.to_string().as_bytes()),
                "attestationObject": Base64Url::encode(object), "transports": ["internal"] }
        })
    }

    pub fn assert(&self) -> Value {
        let client_data = self.client_data.to_string();
        let data = self.data(0, &[]);
        let signed = [&data[..], &Sha256::digest(client_data.as_bytes())].concat();
        let signature: Signature = self.key.sign(&signed);
        let id = Base64Url::encode(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
            "response": { "clientDataJSON": Base64Url::encode(client_data.as_bytes()),
                "authenticatorData": Base64Url::encode(&data),
                "signature": Base64Url::encode(signature.to_der().as_bytes()),
                "userHandle": self.user_handle }
        })
    }
}

pub fn registration(value: Value) -> RegistrationCredential {
    serde_json::from_value(value).unwrap()
}

pub fn assertion(value: Value) -> AssertionCredential {
    serde_json::from_value(value).unwrap()
}
