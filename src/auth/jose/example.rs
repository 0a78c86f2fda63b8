//! What the tests of this folder and of those that use it share: a key that signs, a WebCrypto.

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use serde_json::{Map, Value, json};

use super::key_set::JwkSet;
use super::provider_token::SignatureCheck;

/// A private RSA key of 2048 bits, made for these tests.
pub const RSA: &str = r#"{"kty":"RSA","n":"1Ec6HpTLbEdwONTHDXVtNXU2YdosntJBRIRY9gLqRCXESRfou_gFqBBMfzDaNV0t6fTY8Fcci1AZk2ai6vKA3PEKrXivjwxKA9Lhcv1MwdiVHr3GevCllcTP1Xz8eQ-eKdP6J-LdaZpsLLRxckiiJZ5iIMWvLoqCbrNTbH0Q9rdy3bCV_oVLeOUITNARkgWWhlhgl2U7Og1DQ9ylCrR0TafMzKeKbJAcBW0Ew2xvRmXB_SSPljznaLplI-xs5jZx7_4TRKrZN4QOlWCgSr_aXgeLRS3u1oPYlR2_GWb3khK7l2c-Jfr9R2tJHFwI6prCNwbOUQBMsWJDyv067XF7_Q","e":"AQAB","d":"DiAjPO-3zZ-_VvjJuhqLRthi4wYKnBLvpuiLpuswvZIpypddtExfy_wxqvEMRCrMKFpTqUKSsq6E1SsqQioa6xjbFgoG3KT7s99vgyBZ4DhSS_Zi48Fps1qiXdlwT3n7k1r4tXjCNQnCkwL63Zj5uTkd3IJrEtTCsy0ZqwlzfIc_fGTeRTcVPEFOLY5omIkd9rnZ33szF7hbW7RxOlHYsnT4SO8xeraB3rVG5okrvXkZ9SVNJa2VPyKKo9G_sGe7yAH4yjbMvBDL2prCTaAEnEsd1iNMHewQnYNTIrHNM5ogPth__NZ3Y5nXEcx34OF6aTzJwL8yfxBP_2kkcRJ8nQ","p":"9Phg700wzHNZsXK8Mc42Kn7qccxlSq8-BbCCd_aH7gTUHfhjyItYThumHO7nqqeLiUwrQjNmqy87wZKPKLgKlnAwb9fnGUapEziFkL8sp8rEZG_kkdk4sjIE71jao7CT1Ki1MAu83qmv3rGxNCAbJpv5GLhdjwrVDHcyQnw4Ko8","q":"3dYHHXE041LhyDa73uM7lKj9EnbgFuEiTKiOMKxxYZPtLMA4HCtNBTKtKIfofJ0ozF8RtIblU3y4l1YrdQLxFexMn3scr784jsyHpoEqdYk9gjep2sZ0gN8yXhqKzriAnQcwc1gHg2dcR2SH3RsxZkMbJxhBzy_tA6-JO5W9prM","dp":"SomMzSN6lqr-fpy_oJPzLUkCwu-DXo8l2wtTF3de8tBrTlc23V1w2AtXpvQWb3mdXoBbpUAInEu57fNPNf-R0SZ_xng2LB2w8lU_ZsSUrNVonnrhXHNw6d-IWt95X1cqFAnlX6IirMmK5sLAfXDLchsBV0E5zn1oR-u40jwDxwc","dq":"fztGEWjggJEE1iQuVIPXpEfX_kMX-4dceMMj6l69GM4S9du5Us6y-gw6rEhm2zH4OF8-dF_6H4wlAwd1HUN2qrBAsieWKGZwNdaw5pqmk4sHMCxkywmPwGpDJR3sBuxjN6zr6PvQM1mQ35GVKwdxqclLRXzwIbjHI5oGB5q2j2k","qi":"5oyjCgSvd0Kdj7Uh-OjhbnKwYmBwC7vxmTxCYgEzXCkcySUnlV0UJ_ueRLwMjwtpNGUiJPbbQt4sIxeKMqw27IlqAz7SSr0N5rDiuXuswLqp6F_wNcublPhaokiRGSymmY6XiiUFcm6BZn9iqffmYSTRQuZgdXjqVDE3daYUoIQ"}"#;

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
