//! The request as it is read, and the answer as it is written.

use worker::{Headers, Request, Response, ResponseBody};

use super::body;
use crate::wire::incoming::{Body, Incoming, Method};
use crate::wire::reply::Reply;

/// A request, read to its end, and what its answer depends on besides.
pub struct IncomingRequest {
    /// The request.
    pub incoming: Incoming,
    /// Whether it came by https.
    pub https: bool,
    head: bool,
}

/// Reads a request to its end, whatever becomes of it: where an answer leaves before the body has
/// come, the connection breaks under `wrangler dev`, and with it the next request of somebody else.
pub async fn read(request: &Request) -> worker::Result<IncomingRequest> {
    let url = request.url()?;
    let name = request.inner().method();
    // Not `request.method()`, which takes whatever it does not know for GET.
    let method = Method::parse(&name);
    let headers = request
        .headers()
        .entries()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    let query = url.query().unwrap_or_default();
    let mut incoming = Incoming::new(method, url.path(), query, headers, Body::Bytes(Vec::new()));
    incoming.base_url = url.origin().ascii_serialization();
    let read = body::read(request, &incoming).await;
    // What comes with a GET means nothing (RFC 9110 §9.3.1).
    if !matches!(method, Method::Get | Method::Options) {
        incoming.body = read;
    }
    Ok(IncomingRequest {
        incoming,
        https: url.scheme() == "https",
        head: name == "HEAD",
    })
}

/// Writes the answer to a request.
pub fn respond(received: &IncomingRequest, reply: Reply) -> worker::Result<Response> {
    let reply = reply.secured(received.https);
    let headers = Headers::new();
    for (name, value) in &reply.headers {
        headers.append(name, value)?;
    }
    let body = match reply.body {
        Some(bytes) if !received.head => ResponseBody::Body(bytes),
        _ => ResponseBody::Empty,
    };
    Ok(Response::from_body(body)?
        .with_status(reply.status)
        .with_headers(headers))
}
