//! The public keys of a client (RFC 7591 §2).

use serde_json::{Map, Value};

use super::members::{Members, refused};
use super::uris;
use crate::auth::jose::key_set::{JwkSet, has_private_part};
use crate::auth::oauth::failure::Failure;

/// Where a client's keys are: in its metadata, at a URL, or nowhere.
#[derive(Debug, Default)]
pub struct ClientKeys {
    /// `jwks`.
    pub jwks: Option<Map<String, Value>>,
    /// `jwks_uri`.
    pub jwks_uri: Option<String>,
}

impl ClientKeys {
    /// Reads them: not both, and nothing that ought to be secret.
    pub fn read(members: Members<'_>, local: bool) -> Result<Self, Failure> {
        let jwks = match members.find("jwks") {
            None => None,
            Some(value) => Some(public_set(value)?),
        };
        let jwks_uri = uris::called(members, "jwks_uri", local)?;
        match jwks.is_some() && jwks_uri.is_some() {
            true => Err(refused("jwks and jwks_uri are both present")),
            false => Ok(Self { jwks, jwks_uri }),
        }
    }
}

fn public_set(value: &Value) -> Result<Map<String, Value>, Failure> {
    let set = value
        .as_object()
        .cloned()
        .ok_or(refused("jwks is not a JWK set"))?;
    JwkSet::read(set.clone()).map_err(|_| refused("jwks is not a JWK set"))?;
    let keys = set.get("keys").and_then(Value::as_array);
    let mut keys = keys.into_iter().flatten();
    match keys.any(|key| key.as_object().is_none_or(has_private_part)) {
        true => Err(refused("jwks has a key that is not public")),
        false => Ok(set),
    }
}
