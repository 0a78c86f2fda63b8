//! Signatures of others, verified by the platform's WebCrypto (<https://www.w3.org/TR/webcrypto/>).

use js_sys::{Array, Function, JSON, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::auth::jose::detached::DetachedSignature;
use crate::auth::jose::invalid::InvalidToken;
use crate::auth::jose::provider_token::{SignatureCheck, SignedClaims};

/// Verifies a signature. A key or algorithm that the platform does not take refuses the token.
pub async fn verify(check: SignatureCheck) -> Result<SignedClaims, InvalidToken> {
    let holds = holds(&check.signature).await.map_err(|_| {
        let name = check.signature.algorithm.name();
        InvalidToken::new(format!("WebCrypto does not take the {name} key"))
    })?;
    check.verified(holds)
}

/// Whether a signature holds. Fails where the platform does not take the key.
pub async fn holds(check: &DetachedSignature) -> Result<bool, JsValue> {
    let algorithm = JSON::parse(&check.algorithm.webcrypto().to_string())?;
    let jwk = JSON::parse(&check.key.to_string())?;
    let usages = Array::of1(&"verify".into());
    let import = Array::of5(
        &"jwk".into(),
        &jwk,
        &algorithm,
        &JsValue::FALSE,
        &usages.into(),
    );
    let key = subtle("importKey", &import).await?;
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
