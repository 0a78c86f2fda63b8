//! A signed token of somebody else's: taken apart, and what must be verified about it as plain
//! data (RFC 7515, RFC 8725). The verifying itself is WebCrypto's, at the edge.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Map, Value};

use super::Failure;
use super::call::quoted;
use super::jwks::{Algorithm, JwkSet};
use crate::auth::secret::Secret;

/// Header members that would bring their own key or rules: their presence refuses the token.
const REFUSED: [&str; 5] = ["crit", "jwk", "jku", "x5u", "x5c"];

/// A token that has the form of an id_token. Nothing in it is to be believed yet.
#[derive(Debug)]
pub struct UnverifiedToken {
    algorithm: Algorithm,
    kid: Option<String>,
    claims: Map<String, Value>,
    signing_input: String,
    signature: Vec<u8>,
}

/// What must be verified: that `signature` over `signing_input` is by `key`.
#[derive(Debug)]
pub struct SignatureCheck {
    /// How; [`Algorithm::webcrypto`] says it in WebCrypto's words.
    pub algorithm: Algorithm,
    /// A public JWK, to be imported for `verify`.
    pub key: Value,
    /// The signed bytes (ASCII).
    pub signing_input: String,
    /// The signature, as WebCrypto takes it.
    pub signature: Vec<u8>,
    claims: Map<String, Value>,
}

/// Claims whose signature holds. What they claim is still to be checked.
#[derive(Debug)]
pub struct SignedClaims(pub(super) Map<String, Value>);

impl UnverifiedToken {
    /// Takes a token apart, and refuses what could never be an id_token of ours.
    pub fn read(token: &Secret) -> Result<Self, Failure> {
        let parts = Parts::read(token.expose())
            .ok_or_else(|| Failure::untrusted("the id_token is not a signed JWT"))?;
        parts.into_unverified()
    }

    /// Chooses the key. Without one the token comes back, to be tried with a newer set.
    pub fn with_key(self, keys: &JwkSet) -> Result<SignatureCheck, Self> {
        match keys.find(self.kid.as_deref(), self.algorithm) {
            Some(key) => Ok(SignatureCheck {
                algorithm: self.algorithm,
                key,
                signing_input: self.signing_input,
                signature: self.signature,
                claims: self.claims,
            }),
            None => Err(self),
        }
    }

    /// The refusal when the newer set has no key either.
    pub fn unknown_key(&self) -> Failure {
        let kid = self.kid.as_deref().unwrap_or_default();
        Failure::untrusted(format!("no key for the id_token: kid {}", quoted(kid)))
    }
}

impl SignatureCheck {
    /// What there is once WebCrypto has said whether the signature holds.
    pub fn verified(self, holds: bool) -> Result<SignedClaims, Failure> {
        if holds {
            Ok(SignedClaims(self.claims))
        } else {
            Err(Failure::untrusted("the id_token's signature is wrong"))
        }
    }
}

/// A JWT in its three parts.
pub(super) struct Parts {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    signing_input: String,
    signature: Vec<u8>,
}

impl Parts {
    /// Takes a compact JWT apart; nothing if it is none.
    pub(super) fn read(token: &str) -> Option<Self> {
        let (signing_input, signature) = token.rsplit_once('.')?;
        let (header, claims) = signing_input.split_once('.')?;
        Some(Self {
            header: object(header)?,
            claims: object(claims)?,
            signing_input: signing_input.to_owned(),
            signature: Base64UrlUnpadded::decode_vec(signature).ok()?,
        })
    }

    /// Whether it says of itself that it is an id_token, or says nothing.
    ///
    /// RFC 9068 and OIDC Back-Channel Logout mark theirs in the header, Keycloak in the claims.
    pub(super) fn may_be_id_token(&self) -> bool {
        let is = |part: &Map<String, Value>, expected: &str| match part.get("typ") {
            None => true,
            Some(kind) => kind
                .as_str()
                .is_some_and(|kind| kind.eq_ignore_ascii_case(expected)),
        };
        is(&self.header, "JWT") && is(&self.claims, "ID") && !self.claims.contains_key("events")
    }

    pub(super) fn into_unverified(self) -> Result<UnverifiedToken, Failure> {
        if !self.may_be_id_token() {
            return Err(Failure::untrusted("the token is for another purpose"));
        }
        if let Some(name) = REFUSED.iter().find(|name| self.header.contains_key(**name)) {
            return Err(Failure::untrusted(format!(
                "the id_token's header has {name}"
            )));
        }
        let name = self.header.get("alg").and_then(Value::as_str);
        let name = name.unwrap_or_default();
        let algorithm = Algorithm::from_name(name)
            .ok_or_else(|| Failure::untrusted(format!("the id_token's alg is {}", quoted(name))))?;
        let kid = match self.header.get("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid.clone()),
            Some(_) => return Err(Failure::untrusted("the id_token's kid is not text")),
        };
        Ok(UnverifiedToken {
            algorithm,
            kid,
            claims: self.claims,
            signing_input: self.signing_input,
            signature: self.signature,
        })
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = Base64UrlUnpadded::decode_vec(part).ok()?;
    match serde_json::from_slice(&bytes).ok()? {
        Value::Object(object) => Some(object),
        _ => None,
    }
}
