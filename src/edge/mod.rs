//! Cloudflare: where it happens. The fetch event, the hourly sweep, and what every answer gets.
//!
//! A request goes [`fetch`] → [`routes`] → an endpoint → a flow → a store. Compiled for wasm32 only.

mod app;
mod endpoints;
mod flows;
mod limits;
mod origins;
mod outbound;
mod routes;
mod store;

use std::sync::Once;

use futures_util::StreamExt;
use futures_util::future::join;
use worker::{
    Context, Date, Env, Headers, Request, Response, ResponseBody, ScheduleContext, ScheduledEvent,
    console_error, event,
};

use crate::error::Error;
use crate::wire::cors;
use crate::wire::incoming::{Body, Incoming, MAX_BODY, Method};
use crate::wire::loopback::envelope;
use crate::wire::reply::Reply;
use crate::wire::servicestack::failure::Failure;
use crate::wire::servicestack::recognise::recognise;
use app::{App, Visitor};
use endpoints::servicestack;

/// Answers one request.
#[event(fetch)]
async fn fetch(mut request: Request, env: Env, context: Context) -> worker::Result<Response> {
    report_panics();
    let head = request.inner().method() == "HEAD";
    let https = request.url()?.scheme() == "https";
    let now = i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX);
    let visitor = Visitor::of(&request);
    let reply = match App::open(&env, context, visitor, now) {
        Ok(app) => answer(&app, &mut request).await?,
        Err(error) => unopened(error, &mut request).await?,
    };
    respond(reply.secured(https), head)
}

/// Deletes what is over, once an hour.
#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    report_panics();
    match App::open_store(&env) {
        Ok((config, db)) => store::sweep::sweep(&db, &config).await,
        Err(error) => log(&error),
    }
}

/// Runs the request beside the list of allowed origins, which adds no wait of its own.
async fn answer(app: &App, request: &mut Request) -> worker::Result<Reply> {
    let incoming = read(request).await?;
    let origin = incoming.header("origin");
    if incoming.method == Method::Options {
        let requested = incoming.header("access-control-request-headers");
        let allowed = origins::allowed(app, origin).await;
        return Ok(app.timed(cors::preflight(origin, requested, &allowed)));
    }
    if let Some(call) = recognise(&incoming) {
        // Whether a browser may ask at all depends on the list, so it comes first.
        let allowed = origins::allowed(app, origin).await;
        let reply = servicestack::answer(app, &incoming, &call, &allowed).await;
        return Ok(app.timed(cors::grant(reply, origin, &allowed)));
    }
    let (outcome, allowed) = join(
        routes::dispatch(app, &incoming),
        origins::allowed(app, origin),
    )
    .await;
    let reply = outcome.unwrap_or_else(|error| failure(&error));
    Ok(app.timed(cors::grant(reply, origin, &allowed)))
}

/// Refuses a request to a worker that cannot work, in the envelope of the API it is for.
async fn unopened(error: Error, request: &mut Request) -> worker::Result<Reply> {
    let incoming = read(request).await?;
    Ok(match recognise(&incoming) {
        Some(call) => servicestack::refuse(&Failure::Common(error), &call),
        None => failure(&error),
    })
}

/// Reads a request once; a body that is too large is not read to its end.
async fn read(request: &mut Request) -> worker::Result<Incoming> {
    let url = request.url()?;
    let headers = request
        .headers()
        .entries()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    // Not `request.method()`, which takes whatever it does not know for GET.
    let method = Method::parse(&request.inner().method());
    let body = match method {
        Method::Get | Method::Options => Body::Bytes(Vec::new()),
        _ => read_body(request).await?,
    };
    let query = url.query().unwrap_or_default();
    Ok(Incoming::new(method, url.path(), query, headers, body))
}

async fn read_body(request: &mut Request) -> worker::Result<Body> {
    let length = request.headers().get("content-length")?;
    match length.and_then(|length| length.parse::<usize>().ok()) {
        Some(0) => return Ok(Body::Bytes(Vec::new())),
        Some(length) if length > MAX_BODY => return Ok(Body::TooLarge),
        Some(_) => return Ok(Body::Bytes(request.bytes().await?)),
        None if request.inner().body().is_none() => return Ok(Body::Bytes(Vec::new())),
        None => {}
    }
    let mut stream = request.stream()?;
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        bytes.extend(chunk?);
        if bytes.len() > MAX_BODY {
            return Ok(Body::TooLarge);
        }
    }
    Ok(Body::Bytes(bytes))
}

fn respond(reply: Reply, head: bool) -> worker::Result<Response> {
    let headers = Headers::new();
    for (name, value) in &reply.headers {
        headers.append(name, value)?;
    }
    let body = match reply.body {
        Some(bytes) if !head => ResponseBody::Body(bytes),
        _ => ResponseBody::Empty,
    };
    Ok(Response::from_body(body)?
        .with_status(reply.status)
        .with_headers(headers))
}

/// A failure in the ARC API's envelope, after the log has what the operator needs.
fn failure(error: &Error) -> Reply {
    log(error);
    envelope::reply(error)
}

fn log(error: &Error) {
    if let Some(text) = error.log_text() {
        console_error!("{text}");
    }
}

/// Logs where a panic happened, and not what it said: the words could hold a secret.
///
/// A panic is a defect of ours; the platform answers 500 and the next request gets a fresh instance.
fn report_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            if cfg!(debug_assertions) {
                console_error_panic_hook::hook(info);
            } else if let Some(place) = info.location() {
                console_error!("panic at {place}");
            }
        }));
    });
}
