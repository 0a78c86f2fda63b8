//! A DPoP proof: read, its signature verified at the edge, then checked (RFC 9449 §4.3).

use serde_json::{Map, Value};
use url::Url;

use crate::auth::jose::algorithm::SignatureAlgorithm;
use crate::auth::jose::compact::CompactJws;
use crate::auth::jose::provider_token::{SignatureCheck, SignedClaims};
use crate::auth::jose::thumbprint::thumbprint;
use crate::auth::oauth::failure::{ErrorCode, Failure};
use crate::auth::oauth::one_use::OneUse;
use crate::auth::secret::{constant_time_eq, digest};
use crate::auth::text;
use crate::auth::time::{Seconds, Timestamp};

/// How long a proof without a nonce may have been on its way.
const PAST: Seconds = Seconds::new(60);
/// How far its sender's clock may be ahead.
const FUTURE: Seconds = Seconds::new(30);
/// The longest proof, in bytes.
const LONGEST: usize = 8_192;
/// The longest `jti`, in bytes.
const LONGEST_ID: usize = 256;

/// A proof that has the form of one. Nothing in it is to be believed before its signature is verified.
#[derive(Debug)]
pub struct DpopProof {
    thumbprint: String,
}

/// What a proof has to be made for.
#[derive(Debug, Clone, Copy)]
pub struct ProofTarget<'a> {
    /// The request's method.
    pub method: &'a str,
    /// The request's address, as the world knows it.
    pub address: &'a str,
    /// The access token that comes along, at a resource.
    pub access_token: Option<&'a str>,
}

/// A key whose proof is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenKey {
    /// `jkt`: the key's thumbprint.
    pub thumbprint: String,
    /// What makes the proof good for one use.
    pub use_once: OneUse,
}

const fn refused(description: &'static str) -> Failure {
    Failure::new(ErrorCode::InvalidDpopProof, description)
}

impl DpopProof {
    /// Takes the `DPoP` header apart: one proof, by one of the algorithms that are offered.
    ///
    /// # Errors
    ///
    /// `invalid_dpop_proof`.
    pub fn read(header: &str) -> Result<(SignatureCheck, Self), Failure> {
        // Two headers of one name come as one, with a comma between, which no JWT has.
        let token = (header.len() <= LONGEST)
            .then(|| CompactJws::read(header))
            .flatten();
        let token = token.ok_or(refused("the DPoP header is not one JWT"))?;
        let check = SignatureCheck::of_proof(token)
            .map_err(|_| refused("typ, alg or jwk of the DPoP proof is wrong"))?;
        if check.signature.algorithm == SignatureAlgorithm::Rs256 {
            return Err(refused("alg of the DPoP proof is not offered"));
        }
        let thumbprint = thumbprint(&check.signature.key);
        Ok((check, Self { thumbprint }))
    }

    /// Checks what a verified proof claims. `is_good_nonce` tells nonces of ours.
    ///
    /// A proof whose time is off gets a second chance with a nonce, since the clock of its sender may be
    /// wrong for good.
    ///
    /// # Errors
    ///
    /// `invalid_dpop_proof`, or `use_dpop_nonce`.
    pub fn check(
        self,
        signed: &SignedClaims,
        target: ProofTarget<'_>,
        is_good_nonce: impl FnOnce(&str) -> bool,
        now: Timestamp,
    ) -> Result<ProvenKey, Failure> {
        let SignedClaims(claims) = signed;
        let jti = text(claims, "jti").filter(|jti| (1..=LONGEST_ID).contains(&jti.len()));
        let jti = jti.ok_or(refused("jti of the DPoP proof is missing or too long"))?;
        check_target(claims, target)?;
        let timely = is_timely(claims, now)?;
        let fresh = match claims.get("nonce") {
            None => timely,
            Some(nonce) => nonce.as_str().is_some_and(is_good_nonce),
        };
        if !fresh {
            let why = "the DPoP proof needs the nonce that comes along";
            return Err(Failure::new(ErrorCode::UseDpopNonce, why));
        }
        // Nonces live for four minutes, and a proof without one for less.
        let over = now + Seconds::new(300);
        let use_once = OneUse::of_proof(&self.thumbprint, target.address, jti, over);
        Ok(ProvenKey {
            thumbprint: self.thumbprint,
            use_once,
        })
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// The proof is made for this request, and for the access token that comes along.
fn check_target(claims: &Map<String, Value>, target: ProofTarget<'_>) -> Result<(), Failure> {
    if text(claims, "htm") != Some(target.method) {
        return Err(refused("htm of the DPoP proof is not the method"));
    }
    if !text(claims, "htu").is_some_and(|htu| is_same_address(htu, target.address)) {
        return Err(refused("htu of the DPoP proof is not the address"));
    }
    let Some(token) = target.access_token else {
        return Ok(());
    };
    let hash = text(claims, "ath").unwrap_or_default();
    match constant_time_eq(hash.as_bytes(), digest(token).as_bytes()) {
        true => Ok(()),
        false => Err(refused(
            "ath of the DPoP proof is not the hash of the access token",
        )),
    }
}

/// Whether the proof was made just now. Its `exp` and `nbf` say nothing that `iat` does not.
fn is_timely(claims: &Map<String, Value>, now: Timestamp) -> Result<bool, Failure> {
    let issued = claims.get("iat").and_then(Value::as_f64);
    let issued = issued.filter(|iat| iat.is_finite());
    let issued = issued.ok_or(refused("iat of the DPoP proof is missing"))?;
    #[expect(clippy::cast_possible_truncation, reason = "a cast saturates")]
    let issued = Timestamp::from_seconds(issued as i64);
    Ok(now - PAST <= issued && issued <= now + FUTURE)
}

/// Whether two addresses are one, but for query and fragment, after the normalisation of RFC 3986 §6.2.2
/// and §6.2.3 (RFC 9449 §4.3).
fn is_same_address(htu: &str, address: &str) -> bool {
    let bare = |url: Url| {
        (
            url.origin(),
            url.path().to_owned(),
            url.username().to_owned(),
        )
    };
    match (text::url(htu), text::url(address)) {
        (Ok(htu), Ok(address)) => bare(htu) == bare(address),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::jose::example::{RSA, Signer256, webcrypto};
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const HERE: &str = "https://login.example/oauth/userinfo";

    fn signer() -> Signer256 {
        Signer256::new("a", 1)
    }

    fn public() -> Value {
        let jwk = signer().jwk();
        json!({ "kty": "EC", "crv": "P-256", "x": jwk["x"], "y": jwk["y"] })
    }

    fn changed(mut whole: Value, changes: &Value) -> Value {
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => drop(whole.as_object_mut().unwrap().remove(name)),
                value => whole[name] = value.clone(),
            }
        }
        whole
    }

    fn proof(header: &Value, claims: &Value) -> String {
        let whole = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": public() });
        let header = changed(whole, header);
        let claims = changed(
            json!({
                "jti": "j", "htm": "GET", "htu": HERE, "iat": NOW.seconds(),
                "ath": digest("token"),
            }),
            claims,
        );
        signer().sign_as(&header, &claims)
    }

    fn check(proof: &str) -> Result<ProvenKey, Failure> {
        let (check, read) = DpopProof::read(proof)?;
        let holds = webcrypto(&check);
        let signed = check
            .verified(holds)
            .map_err(|_| refused("the signature is wrong"))?;
        let target = ProofTarget {
            method: "GET",
            address: HERE,
            access_token: Some("token"),
        };
        read.check(&signed, target, |nonce| nonce == "good", NOW)
    }

    #[test]
    fn a_proof_names_its_key_by_its_thumbprint() {
        let proven = check(&proof(&json!({}), &json!({}))).unwrap();
        assert_eq!(proven.thumbprint, thumbprint(&public()));
    }

    #[test]
    fn a_header_that_is_not_that_of_a_proof_is_refused() {
        let private = changed(public(), &json!({ "d": "secret" }));
        let rsa: Map<String, Value> = serde_json::from_str(RSA).unwrap();
        let rsa = json!({ "kty": "RSA", "n": rsa["n"], "e": rsa["e"] });
        for header in [
            json!({ "typ": null }),
            json!({ "typ": "JWT" }),
            json!({ "typ": "at+jwt" }),
            json!({ "alg": null }),
            json!({ "alg": "none" }),
            json!({ "alg": "HS256" }),
            json!({ "alg": "EdDSA" }),
            json!({ "alg": "RS256", "jwk": rsa }),
            json!({ "jwk": null }),
            json!({ "jwk": "x" }),
            json!({ "jwk": private }),
            json!({ "jwk": { "kty": "oct", "k": "x" } }),
            json!({ "crit": ["exp"] }),
            json!({ "jku": "https://evil.example" }),
            json!({ "x5c": ["x"] }),
        ] {
            let refused = check(&proof(&header, &json!({})));
            assert_eq!(
                refused.unwrap_err().code,
                ErrorCode::InvalidDpopProof,
                "{header}"
            );
        }
        let good = proof(&json!({}), &json!({}));
        for header in [
            "",
            "x",
            "x.y.z",
            &format!("{good}, {good}"),
            &format!("{good}="),
            &"x".repeat(9_000),
        ] {
            assert!(DpopProof::read(header).is_err(), "{header}");
        }
    }

    #[test]
    fn another_key_in_the_header_is_not_the_one_that_signed() {
        let other = Signer256::new("a", 2).jwk();
        let other = json!({ "kty": "EC", "crv": "P-256", "x": other["x"], "y": other["y"] });
        assert!(check(&proof(&json!({ "jwk": other }), &json!({}))).is_err());
    }

    #[test]
    fn claims_for_another_request_are_refused() {
        for claims in [
            json!({ "jti": null }),
            json!({ "jti": "" }),
            json!({ "jti": 1 }),
            json!({ "jti": "x".repeat(257) }),
            json!({ "htm": null }),
            json!({ "htm": "POST" }),
            json!({ "htm": "get" }),
            json!({ "htu": null }),
            json!({ "htu": 1 }),
            json!({ "htu": "https://login.example/oauth/token" }),
            json!({ "htu": "http://login.example/oauth/userinfo" }),
            json!({ "htu": "https://login.example:8443/oauth/userinfo" }),
            json!({ "htu": "https://login.example/oauth/userinfo/" }),
            json!({ "htu": "/oauth/userinfo" }),
            json!({ "iat": null }),
            json!({ "iat": "1800000000" }),
            json!({ "ath": null }),
            json!({ "ath": digest("other") }),
        ] {
            let refused = check(&proof(&json!({}), &claims));
            assert_eq!(
                refused.unwrap_err().code,
                ErrorCode::InvalidDpopProof,
                "{claims}"
            );
        }
    }

    #[test]
    fn an_address_is_normalised_and_more_claims_do_no_harm() {
        for claims in [
            json!({ "htu": "https://login.example/oauth/userinfo?x=y#z" }),
            json!({ "htu": "HTTPS://LOGIN.example:443/oauth/userinfo" }),
            json!({ "htu": "https://login.example/oauth/x/../userinfo" }),
            json!({ "exp": NOW.seconds() - 1, "nbf": NOW.seconds() + 1, "sub": "x" }),
        ] {
            assert!(
                check(&proof(&json!({ "kid": "x", "x5t": "y" }), &claims)).is_ok(),
                "{claims}"
            );
        }
    }

    #[test]
    fn a_proof_is_of_now_or_has_a_nonce_of_ours() {
        let code = |claims: Value| {
            check(&proof(&json!({}), &claims))
                .err()
                .map(|failure| failure.code)
        };
        let at = |offset: i64| json!({ "iat": NOW.seconds() + offset });
        for offset in [-60, -10, 10, 30] {
            assert_eq!(code(at(offset)), None, "{offset}");
        }
        for offset in [-3_600, -61, 31, 3_600] {
            assert_eq!(code(at(offset)), Some(ErrorCode::UseDpopNonce), "{offset}");
        }
        let old = NOW.seconds() - 3_600;
        assert_eq!(code(json!({ "iat": old, "nonce": "good" })), None);
        for nonce in [json!("bad"), json!(""), json!(1)] {
            assert_eq!(
                code(json!({ "nonce": nonce })),
                Some(ErrorCode::UseDpopNonce)
            );
        }
    }

    #[test]
    fn the_same_proof_is_the_same_use() {
        let key = |claims| check(&proof(&json!({}), &claims)).unwrap().use_once.key;
        assert_eq!(key(json!({})), key(json!({ "iat": NOW.seconds() - 1 })));
        assert_ne!(key(json!({})), key(json!({ "jti": "other" })));
    }
}
