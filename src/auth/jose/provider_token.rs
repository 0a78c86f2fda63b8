//! A signed token of a provider or client: what must be verified about it, as plain data. The
//! verifying itself is WebCrypto's, at the edge.

use serde_json::{Map, Value};
use url::Url;

use super::algorithm::SignatureAlgorithm;
use super::compact::CompactJws;
use super::detached::DetachedSignature;
use super::invalid::{InvalidToken, quoted};
use super::key_set::{JwkSet, has_private_part, public_key};
use super::token_kind::TokenKind;

/// A token that has the form of its kind. Nothing in it is to be believed yet.
#[derive(Debug)]
pub struct UnverifiedToken {
    kind: TokenKind,
    algorithm: SignatureAlgorithm,
    kid: Option<String>,
    claims: Map<String, Value>,
    signing_input: String,
    signature: Vec<u8>,
}

/// A token whose signature is to be verified.
#[derive(Debug)]
pub struct SignatureCheck {
    /// The signature, over all of the token but itself.
    pub signature: DetachedSignature,
    kind: TokenKind,
    claims: Map<String, Value>,
}

/// Claims whose signature holds. What they claim is still to be checked.
#[derive(Debug)]
pub struct SignedClaims(pub Map<String, Value>);

impl UnverifiedToken {
    /// Refuses what could never be a token of this kind for us.
    pub fn read(kind: TokenKind, token: CompactJws) -> Result<Self, InvalidToken> {
        let name = kind.name();
        let refused = |what: String| Err(InvalidToken::new(format!("the {name}'s {what}")));
        if !kind.may_be(&token) {
            return refused("typ or events are of a token for another purpose".to_owned());
        }
        if let Some(member) = token.refused_member() {
            return refused(format!("header has {member}"));
        }
        let alg = token.header_text("alg").unwrap_or_default();
        let Some(algorithm) = SignatureAlgorithm::from_name(alg) else {
            let expected = SignatureAlgorithm::ALL.map(SignatureAlgorithm::name);
            let expected = expected.join(", ");
            return refused(format!("alg is {}, not one of {expected}", quoted(alg)));
        };
        let kid = token.header_text("kid").map(str::to_owned);
        if kid.is_none() && token.header.contains_key("kid") {
            return refused("kid is not text".to_owned());
        }
        Ok(Self {
            kind,
            algorithm,
            kid,
            claims: token.claims,
            signing_input: token.signing_input,
            signature: token.signature,
        })
    }

    /// [`UnverifiedToken::read`], of a text.
    pub fn parse(kind: TokenKind, token: &str) -> Result<Self, InvalidToken> {
        let token = CompactJws::read(token).ok_or_else(|| {
            let name = kind.name();
            InvalidToken::new(format!("the {name} is not a signed JWT"))
        })?;
        Self::read(kind, token)
    }

    /// Chooses the key. Without one the token comes back, to be tried with a newer set.
    pub fn with_key(self, keys: &JwkSet) -> Result<SignatureCheck, Self> {
        match keys.find(self.kid.as_deref(), self.algorithm) {
            Some(key) => Ok(SignatureCheck {
                signature: DetachedSignature {
                    algorithm: self.algorithm,
                    key,
                    signed: self.signing_input.into_bytes(),
                    signature: self.signature,
                },
                kind: self.kind,
                claims: self.claims,
            }),
            None => Err(self),
        }
    }

    /// The refusal when the newer set has no key either.
    pub fn unknown_key(&self, keys: &Url) -> InvalidToken {
        let (name, kid) = (self.kind.name(), self.kid.as_deref().unwrap_or_default());
        let (kid, alg) = (quoted(kid), self.algorithm.name());
        InvalidToken::new(format!(
            "no key for the {name}: {keys} has no kid {kid} for {alg}"
        ))
    }
}

impl SignatureCheck {
    /// Reads a proof that its sender has a key, which it brings along (RFC 9449 §4.3, 4 to 7).
    pub fn of_proof(token: CompactJws) -> Result<Self, InvalidToken> {
        let kind = TokenKind::DpopProof;
        let refused = |what: &str| InvalidToken::new(format!("the {}'s {what}", kind.name()));
        if !kind.may_be(&token) || token.refused_member_of_proof().is_some() {
            return Err(refused("header is that of another token"));
        }
        let alg = token.header_text("alg").unwrap_or_default();
        let algorithm =
            SignatureAlgorithm::from_name(alg).ok_or_else(|| refused("alg is unknown"))?;
        let key = token.header.get("jwk").and_then(Value::as_object);
        let key = key.filter(|key| !has_private_part(key));
        let key = key.and_then(|key| public_key(key, algorithm));
        let signature = DetachedSignature {
            algorithm,
            key: key.ok_or_else(|| refused("jwk is not a public key for its alg"))?,
            signed: token.signing_input.into_bytes(),
            signature: token.signature,
        };
        Ok(Self {
            signature,
            kind,
            claims: token.claims,
        })
    }

    /// What there is once WebCrypto has said whether the signature holds.
    pub fn verified(self, holds: bool) -> Result<SignedClaims, InvalidToken> {
        if holds {
            Ok(SignedClaims(self.claims))
        } else {
            let name = self.kind.name();
            Err(InvalidToken::new(format!(
                "the {name}'s signature is wrong"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::{Signer256, webcrypto};
    use super::*;
    use crate::auth::text;
    use base64ct::{Base64UrlUnpadded, Encoding};
    use serde_json::json;

    /// RFC 7515 A.2.1, an RSA key and what it signed.
    const RS256: (&str, &str) = (
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
    );
    const RSA_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    /// RFC 7515 A.3.1, a P-256 key and what it signed.
    const ES256: (&str, &str) = (
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    );
    const EC_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const EC_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

    fn read(token: &str) -> Result<UnverifiedToken, InvalidToken> {
        UnverifiedToken::parse(TokenKind::IdToken, token)
    }

    fn keys(set: &Value) -> JwkSet {
        JwkSet::read(set.as_object().unwrap().clone()).unwrap()
    }

    fn check(token: &str, set: &Value) -> SignatureCheck {
        let unverified = read(token).unwrap();
        unverified.with_key(&keys(set)).unwrap()
    }

    #[test]
    fn the_rsa_example_of_rfc_7515_is_laid_out_for_webcrypto() {
        let (input, signature) = RS256;
        let jwk = json!({ "kty": "RSA", "n": RSA_N, "e": "AQAB" });
        let check = check(&format!("{input}.{signature}"), &json!({ "keys": [jwk] })).signature;
        assert_eq!(check.signed, input.as_bytes());
        assert_eq!(
            check.signature,
            Base64UrlUnpadded::decode_vec(signature).unwrap()
        );
        assert_eq!(check.key, jwk);
        assert_eq!(
            check.algorithm.webcrypto(),
            json!({ "name": "RSASSA-PKCS1-v1_5", "hash": "SHA-256" })
        );
    }

    #[test]
    fn the_p256_example_of_rfc_7515_verifies() {
        let (input, signature) = ES256;
        let set = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": EC_X, "y": EC_Y }] });
        let good = check(&format!("{input}.{signature}"), &set);
        assert!(webcrypto(&good));
        let claims = good.verified(true).unwrap().0;
        assert_eq!(claims.get("iss"), Some(&json!("joe")));
        let forged = input.replace("eyJpc3MiOiJqb2Ui", "eyJpc3MiOiJtYXgi");
        assert!(!webcrypto(&check(&format!("{forged}.{signature}"), &set)));
    }

    #[test]
    fn a_signature_that_does_not_hold_gives_no_claims() {
        let signer = Signer256::new("a", 1);
        let set = json!({ "keys": [signer.jwk()] });
        let other = Signer256::new("a", 2).sign(&json!({}));
        let check = check(&other, &set);
        let holds = webcrypto(&check);
        assert!(!holds);
        assert!(check.verified(holds).is_err());
    }

    #[test]
    fn a_token_waits_for_its_key() {
        let [old, new] = [Signer256::new("old", 1), Signer256::new("new", 2)];
        let token = read(&new.sign(&json!({}))).unwrap();
        let token = token
            .with_key(&keys(&json!({ "keys": [old.jwk()] })))
            .unwrap_err();
        let url = text::url("https://idp.example/keys").unwrap();
        let reason = token.unknown_key(&url).to_string();
        assert_eq!(
            reason,
            "no key for the id_token: https://idp.example/keys has no kid new for ES256"
        );
        let check = token.with_key(&keys(&json!({ "keys": [old.jwk(), new.jwk()] })));
        assert!(webcrypto(&check.unwrap()));
    }

    #[test]
    fn headers_that_bring_their_own_rules_are_refused() {
        let signer = Signer256::new("a", 1);
        for (name, value) in [
            ("crit", json!(["exp"])),
            ("crit", json!([])),
            ("jwk", json!(signer.jwk())),
            ("jku", json!("https://evil.example/keys")),
            ("x5u", json!("https://evil.example/cert")),
            ("x5c", json!(["MII"])),
            ("jku", Value::Null),
            ("kid", json!(1)),
            ("kid", Value::Null),
            ("alg", json!("none")),
            ("alg", json!("NONE")),
            ("alg", json!("HS256")),
            ("alg", json!("HS512")),
            ("alg", json!("RS384")),
            ("alg", json!(["ES256"])),
            ("alg", Value::Null),
            ("typ", json!("at+jwt")),
            ("typ", json!("logout+jwt")),
            ("typ", json!(1)),
        ] {
            let mut header = json!({ "alg": "ES256", "kid": "a" });
            header[name] = value.clone();
            let token = signer.sign_as(&header, &json!({}));
            assert!(read(&token).is_err(), "{name} {value}");
        }
        let header = json!({ "alg": "ES256", "kid": "a", "typ": "jwt", "x5t": "harmless" });
        assert!(read(&signer.sign_as(&header, &json!({}))).is_ok());
    }

    #[test]
    fn tokens_for_other_purposes_are_refused() {
        let signer = Signer256::new("a", 1);
        for claims in [
            json!({ "typ": "Bearer" }),
            json!({ "typ": "Refresh" }),
            json!({ "typ": null }),
            json!({ "events": { "http://schemas.openid.net/event/backchannel-logout": {} } }),
        ] {
            assert!(read(&signer.sign(&claims)).is_err(), "{claims}");
        }
        assert!(read(&signer.sign(&json!({ "typ": "ID" }))).is_ok());
    }

    #[test]
    fn a_token_of_one_kind_is_refused_as_any_other() {
        let signer = Signer256::new("a", 1);
        let events = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
        let kinds = [
            TokenKind::IdToken,
            TokenKind::LogoutToken,
            TokenKind::AccessToken,
            TokenKind::UserInfo,
        ];
        let [id, logout, access, userinfo] = kinds;
        for (typ, claims, good) in [
            ("JWT", json!({ "typ": "ID" }), &[id][..]),
            ("JWT", json!({ "sub": "x" }), &[id, userinfo]),
            ("JWT", json!({ "typ": "Bearer" }), &[access]),
            ("at+jwt", json!({}), &[access]),
            ("application/at+jwt", json!({ "typ": "Bearer" }), &[access]),
            ("at+jwt", json!({ "typ": "ID" }), &[]),
            ("at+jwt", json!({ "typ": "DPoP" }), &[]),
            ("JWT", json!({ "typ": "Refresh" }), &[]),
            ("at+jwt", json!({ "events": events }), &[]),
            ("logout+jwt", json!({ "events": events }), &[logout]),
            (
                "application/logout+jwt",
                json!({ "events": events }),
                &[logout],
            ),
            // As Keycloak 26 writes it.
            (
                "logout+jwt",
                json!({ "typ": "Logout", "events": events }),
                &[logout],
            ),
            ("JWT", json!({ "events": events }), &[logout]),
            ("logout+jwt", json!({ "typ": "Logout" }), &[]),
            ("logout+jwt", json!({ "typ": "ID", "events": events }), &[]),
        ] {
            let header = json!({ "alg": "ES256", "kid": "a", "typ": typ });
            let token = signer.sign_as(&header, &claims);
            for kind in kinds {
                let read = UnverifiedToken::parse(kind, &token);
                assert_eq!(
                    read.is_ok(),
                    good.contains(&kind),
                    "{kind:?} {typ} {claims}"
                );
            }
        }
    }

    #[test]
    fn a_public_key_is_no_shared_secret() {
        // The classic: HS256 with the public key as the secret. No key is ever looked up for it.
        let signer = Signer256::new("a", 1);
        let token = signer.sign_as(&json!({ "alg": "HS256", "kid": "a" }), &json!({}));
        assert!(read(&token).unwrap_err().to_string().contains("HS256"));
    }

    #[test]
    fn an_algorithm_does_not_take_a_key_of_another() {
        let signer = Signer256::new("a", 1);
        let token = signer.sign_as(&json!({ "alg": "RS256", "kid": "a" }), &json!({}));
        let unverified = read(&token).unwrap();
        assert!(
            unverified
                .with_key(&keys(&json!({ "keys": [signer.jwk()] })))
                .is_err()
        );
    }
}
