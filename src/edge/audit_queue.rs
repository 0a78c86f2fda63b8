//! The queue that rows of the audit log go to, instead of or beside D1.

use js_sys::{JSON, Promise, Reflect};
use serde_json::Value;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::Env;

use super::d1::with_timeout;
use crate::error::{Error, ErrorKind};

/// The binding of the queue.
const BINDING: &str = "AUDIT_QUEUE";

#[wasm_bindgen]
extern "C" {
    type Queue;

    #[wasm_bindgen(method, catch)]
    fn send(this: &Queue, message: &JsValue) -> Result<Promise, JsValue>;
}

/// Whether the deployment has the queue; its settings say that it must.
pub fn require(env: &Env) -> Result<(), Error> {
    queue(env).map(drop)
}

/// Sends a row: a message of JSON.
pub async fn send(env: &Env, row: &Value) -> Result<(), Error> {
    let queue = queue(env)?;
    let sent = async {
        let message = JSON::parse(&row.to_string())?;
        JsFuture::from(queue.send(&message)?).await
    };
    let sent = async { sent.await.map_err(worker::Error::from) };
    with_timeout(BINDING, sent).await.map(drop)
}

fn queue(env: &Env) -> Result<Queue, Error> {
    let binding = Reflect::get(env, &BINDING.into()).unwrap_or_default();
    if !binding.is_object() {
        let what = "AUDIT_QUEUE (the queue's binding) is missing beside AUDIT_SINK";
        return Err(ErrorKind::Misconfigured(what.to_owned()).into());
    }
    Ok(binding.unchecked_into())
}
