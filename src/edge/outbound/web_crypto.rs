//! Signatures of others verified, and tokens of ours signed with RSA, by the platform's WebCrypto
//! (<https://www.w3.org/TR/webcrypto/>).

use std::cell::RefCell;
use std::collections::HashMap;

use js_sys::{Array, Function, JSON, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::auth::jose::detached::DetachedSignature;
use crate::auth::jose::invalid::InvalidToken;
use crate::auth::jose::provider_token::{SignatureCheck, SignedClaims};
use crate::auth::jose::unsigned::{Jwt, UnsignedJwt};
use crate::error::{Error, ErrorKind};

/// Verifies a signature. A key or algorithm that the platform does not take refuses the token.
pub async fn verify(check: SignatureCheck) -> Result<SignedClaims, InvalidToken> {
    let holds = holds(&check.signature).await.map_err(|_| {
        let name = check.signature.algorithm.name();
        InvalidToken::new(format!("WebCrypto does not take the {name} key"))
    })?;
    check.verified(holds)
}

thread_local! {
    // Our own keys, by their ids: a deployment has a handful, which do not change while an isolate lives.
    static KEYS: RefCell<HashMap<String, JsValue>> = RefCell::default();
}

/// The whole token, signed here if it is not yet.
pub async fn sign(jwt: Jwt) -> Result<String, Error> {
    let unsigned = match jwt {
        Jwt::Signed(token) => return Ok(token),
        Jwt::Unsigned(unsigned) => unsigned,
    };
    // What WebCrypto says of a key is not repeated: it may quote it.
    let failed = |_| ErrorKind::Internal("WebCrypto does not sign with an RSA key".to_owned());
    let signature = signature(&unsigned).await.map_err(failed)?;
    Ok(unsigned.with_signature(&signature))
}

async fn signature(unsigned: &UnsignedJwt) -> Result<Vec<u8>, JsValue> {
    let algorithm = JSON::parse(&unsigned.algorithm.webcrypto().to_string())?;
    let known = KEYS.with_borrow(|keys| keys.get(&unsigned.kid).cloned());
    let key = match known {
        Some(key) => key,
        None => {
            let jwk = JSON::parse(unsigned.key.expose())?;
            let key = import(&jwk, &algorithm, "sign").await?;
            KEYS.with_borrow_mut(|keys| keys.insert(unsigned.kid.clone(), key.clone()));
            key
        }
    };
    let signed = Uint8Array::from(unsigned.signing_input.as_bytes());
    let arguments = Array::of3(&algorithm, &key, &signed.into());
    let signature = subtle("sign", &arguments).await?;
    Ok(Uint8Array::new(&signature).to_vec())
}

/// A JWK as a key for one use.
async fn import(jwk: &JsValue, algorithm: &JsValue, usage: &str) -> Result<JsValue, JsValue> {
    let usages = Array::of1(&usage.into());
    let (format, extractable) = ("jwk".into(), JsValue::FALSE);
    let import = Array::of5(&format, jwk, algorithm, &extractable, &usages.into());
    subtle("importKey", &import).await
}

/// Whether a signature holds. Fails where the platform does not take the key.
pub async fn holds(check: &DetachedSignature) -> Result<bool, JsValue> {
    let algorithm = JSON::parse(&check.algorithm.webcrypto().to_string())?;
    let jwk = JSON::parse(&check.key.to_string())?;
    let key = import(&jwk, &algorithm, "verify").await?;
    let signature = Uint8Array::from(check.signature.as_slice());
    let signed = Uint8Array::from(check.signed.as_slice());
    let arguments = Array::of4(&algorithm, &key, &signature.into(), &signed.into());
    Ok(subtle("verify", &arguments).await? == JsValue::TRUE)
}

/// Calls a method of `crypto.subtle` and waits for what it promises.
async fn subtle(method: &str, arguments: &Array) -> Result<JsValue, JsValue> {
    let crypto = Reflect::get(&js_sys::global(), &"crypto".into())?;
    let subtle = Reflect::get(&crypto, &"subtle".into())?;
    let method: Function = Reflect::get(&subtle, &method.into())?.dyn_into()?;
    let promise: Promise = method.apply(&subtle, arguments)?.dyn_into()?;
    JsFuture::from(promise).await
}
