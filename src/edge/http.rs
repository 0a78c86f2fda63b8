//! The request as it is read, and the answer as it is written.

use js_sys::Array;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::web_sys::{Headers, Request, Response, ResponseInit};

use super::body;
use crate::auth::text;
use crate::wire::incoming::{Body, Incoming, Method};
use crate::wire::reply::Reply;

/// A request, read to its end, and what its answer depends on besides.
pub struct IncomingRequest {
    /// The request.
    pub incoming: Incoming,
    /// Whether it came by https.
    pub https: bool,
}

/// Reads a request to its end, also where it will be refused: a response that leaves before the
/// body has arrived breaks the connection under `wrangler dev`, and with it the next request on it.
pub async fn read(request: &Request) -> worker::Result<IncomingRequest> {
    let url = text::url(&request.url())?;
    let name = request.method();
    let method = Method::parse(&name);
    let headers = headers(request);
    let query = url.query().unwrap_or_default();
    let mut incoming = Incoming::new(method, url.path(), query, headers, Body::Bytes(Vec::new()));
    incoming.is_head = name == "HEAD";
    incoming.base_url = url.origin().ascii_serialization();
    let read = body::read(request, &incoming).await;
    // What comes with a GET means nothing (RFC 9110 §9.3.1).
    if !matches!(method, Method::Get | Method::Options) {
        incoming.body = read;
    }
    Ok(IncomingRequest {
        incoming,
        https: url.scheme() == "https",
    })
}

/// The headers, names in lower case (Fetch Standard §2.2.2: sort and combine).
fn headers(request: &Request) -> Vec<(String, String)> {
    let texts = names_and_values(&request.headers());
    let mut texts = texts.iter().filter_map(|text| text.as_string());
    std::iter::from_fn(|| Some((texts.next()?, texts.next()?))).collect()
}

#[wasm_bindgen(
    inline_js = "export function names_and_values(headers) { const texts = []; headers.forEach((value, name) => texts.push(name, value)); return texts; }"
)]
extern "C" {
    fn names_and_values(headers: &Headers) -> Array;
}

/// Writes the answer to a request.
pub fn respond(received: &IncomingRequest, reply: Reply) -> worker::Result<Response> {
    let reply = reply.secured(received.https);
    let headers = Headers::new()?;
    for (name, value) in &reply.headers {
        headers.append(name, value)?;
    }
    let init = ResponseInit::new();
    init.set_status(reply.status);
    init.set_headers(&headers);
    let response = match reply.body {
        Some(bytes) if !received.incoming.is_head => {
            let bytes = js_sys::Uint8Array::from(bytes.as_slice());
            Response::new_with_opt_buffer_source_and_init(Some(&bytes), &init)
        }
        _ => Response::new_with_opt_str_and_init(None, &init),
    };
    Ok(response?)
}
