//! One outgoing request: bounded in time, following no redirect.

use futures_util::future::{Either, select};
use std::time::Duration;
use wasm_bindgen::JsValue;
use worker::{
    AbortController, Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response,
};

use crate::error::Error;

/// A request to somebody else.
pub struct Outgoing<'a> {
    /// GET or POST.
    pub method: Method,
    /// Where to.
    pub url: &'a str,
    /// Names and values.
    pub headers: &'a [(&'a str, &'a str)],
    /// What is posted.
    pub body: Option<&'a [u8]>,
}

/// Sends a request and waits for the answer's head; fails where none comes in time.
pub async fn send(outgoing: &Outgoing<'_>, patience: Duration) -> Result<Response, Error> {
    let request = request(outgoing).map_err(failed)?;
    let controller = AbortController::default();
    let signal = controller.signal();
    let fetch = Fetch::Request(request);
    let answer = std::pin::pin!(fetch.send_with_signal(&signal));
    match select(answer, Delay::from(patience)).await {
        Either::Left((answer, _)) => answer.map_err(failed),
        Either::Right(_) => {
            controller.abort();
            Err(Error::Unavailable(
                "outgoing request: no answer in time".to_owned(),
            ))
        }
    }
}

fn request(outgoing: &Outgoing<'_>) -> worker::Result<Request> {
    let headers = Headers::new();
    for (name, value) in outgoing.headers {
        headers.set(name, value)?;
    }
    let mut init = RequestInit::new();
    init.with_method(outgoing.method.clone())
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual)
        .with_body(
            outgoing
                .body
                .map(|bytes| JsValue::from(js_sys::Uint8Array::from(bytes))),
        );
    Request::new_with_init(outgoing.url, &init)
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Unavailable(format!("outgoing request: {error}"))
}
