//! Single claims of a token of ours.

use serde_json::{Map, Value};

use super::verified::VerifiedToken;
use crate::auth::id::SessionId;
use crate::auth::jose::compact::CompactJws;
use crate::auth::time::Timestamp;

/// Takes a token apart, unless its header brings its own key or rules.
pub fn read(token: &str) -> Option<CompactJws> {
    CompactJws::read(token).filter(|token| token.refused_member().is_none())
}

/// A time among the claims, if the token has it; nothing where it is not in whole seconds.
pub fn time(claims: &Map<String, Value>, name: &str) -> Option<Option<Timestamp>> {
    match claims.get(name) {
        None => Some(None),
        Some(seconds) => seconds.as_i64().map(Timestamp::from_seconds).map(Some),
    }
}

/// Whom the token is for: one or several (RFC 7519 §4.1.3).
fn audience(claims: &Map<String, Value>) -> Option<Vec<String>> {
    match claims.get("aud")? {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Array(several) => {
            let several = several.iter().map(|one| one.as_str().map(str::to_owned));
            several.collect()
        }
        _ => None,
    }
}

/// The thumbprint of the key that the token is bound to, if it is (RFC 9449 §6.1); nothing where it is
/// bound another way.
fn key_thumbprint(claims: &Map<String, Value>) -> Option<Option<String>> {
    match claims.get("cnf") {
        None => Some(None),
        Some(bound) => Some(Some(bound.get("jkt")?.as_str()?.to_owned())),
    }
}

/// What an access token of an issuer says whose signature holds; nothing where it is another's.
pub fn verified(claims: &Map<String, Value>, issuer: &str) -> Option<VerifiedToken> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(issuer) {
        return None;
    }
    Some(VerifiedToken {
        session_id: SessionId::new(text("sid")?),
        issuer: issuer.to_owned(),
        audience: audience(claims)?,
        scope: text("scope").map(str::to_owned),
        key: key_thumbprint(claims)?,
        expires: time(claims, "exp")?,
        not_before: time(claims, "nbf")?,
    })
}

/// Whether claims of an issuer are in their time.
pub fn is_good(claims: &Map<String, Value>, issuer: &str, now: Timestamp) -> bool {
    let ours = claims.get("iss").is_some_and(|iss| iss == issuer);
    let alive = matches!(time(claims, "exp"), Some(Some(end)) if now <= end);
    let begun =
        matches!(time(claims, "nbf"), Some(start) if start.is_none_or(|start| now >= start));
    ours && alive && begun
}
