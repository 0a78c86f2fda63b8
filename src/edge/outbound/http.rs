//! One outgoing request: bounded in time, following no redirect.

use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt;
use wasm_bindgen::JsValue;
use worker::{
    AbortController, Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect,
    Response, ResponseBody,
};

use crate::edge::clock::before;
use crate::error::{Error, ErrorKind};

/// How long a call to an address that a client has named may take.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// A request to another server.
pub struct OutboundRequest<'a> {
    /// GET or POST.
    pub method: Method,
    /// Where to.
    pub url: &'a str,
    /// Names and values.
    pub headers: &'a [(&'a str, &'a str)],
    /// What is posted.
    pub body: Option<&'a [u8]>,
}

/// An answer, read to its end or to the limit that was set.
pub struct OutboundResponse {
    /// Status code.
    pub status: u16,
    /// How long it may be kept.
    pub cache_control: Option<String>,
    /// One byte more than the limit where it is longer.
    pub body: Vec<u8>,
}

/// Sends a request and waits for the answer's head; fails where none comes in time.
pub async fn send(request: &OutboundRequest<'_>, patience: Duration) -> Result<Response, Error> {
    within(request, patience, |answer| async { Ok(answer) }).await
}

/// Sends a request and reads the answer, of which no more than `most` bytes is wanted; fails where
/// its end does not come in time.
pub async fn receive(
    request: &OutboundRequest<'_>,
    patience: Duration,
    most: usize,
) -> Result<OutboundResponse, Error> {
    within(request, patience, |answer| read(answer, most)).await
}

async fn within<T, F: Future<Output = worker::Result<T>>>(
    request: &OutboundRequest<'_>,
    patience: Duration,
    then: impl FnOnce(Response) -> F,
) -> Result<T, Error> {
    let request = built(request).map_err(failed)?;
    let controller = AbortController::default();
    let signal = controller.signal();
    let fetch = Fetch::Request(request);
    let answer = async { then(fetch.send_with_signal(&signal).await?).await };
    match before(Delay::from(patience), answer).await {
        Some(answer) => answer.map_err(failed),
        None => {
            controller.abort();
            Err(failed("no answer in time"))
        }
    }
}

async fn read(mut answer: Response, most: usize) -> worker::Result<OutboundResponse> {
    let cache_control = answer.headers().get("cache-control")?;
    let mut body = Vec::new();
    if !matches!(answer.body(), ResponseBody::Empty) {
        let mut stream = answer.stream()?;
        while body.len() <= most
            && let Some(chunk) = stream.next().await
        {
            body.extend(chunk?);
        }
    }
    body.truncate(most.saturating_add(1));
    Ok(OutboundResponse {
        status: answer.status_code(),
        cache_control,
        body,
    })
}

fn built(request: &OutboundRequest<'_>) -> worker::Result<Request> {
    let headers = Headers::new();
    for (name, value) in request.headers {
        headers.set(name, value)?;
    }
    let mut init = RequestInit::new();
    init.with_method(request.method.clone())
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual)
        .with_body(
            request
                .body
                .map(|bytes| JsValue::from(js_sys::Uint8Array::from(bytes))),
        );
    Request::new_with_init(request.url, &init)
}

fn failed(error: impl std::fmt::Display) -> Error {
    ErrorKind::Unavailable(format!("request request: {error}")).into()
}
