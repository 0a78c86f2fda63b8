//! Cloudflare: where it happens. The fetch event, the hourly sweep, and what every answer gets.
//!
//! A request goes [`fetch`] → [`routes`] → an endpoint → a flow → a store. Compiled for wasm32 only.

mod app;
mod audit_queue;
mod body;
mod client_lists;
mod clock;
mod d1;
mod deadline;
mod dialect;
mod dispatch;
mod endpoints;
mod flows;
mod http;
mod kv;
mod log;
mod metrics;
mod outbound;
mod page_frame;
mod page_routes;
mod panic;
mod rate_limit;
mod route;
mod routes;
mod sweep;

use futures_util::future::join;
use worker::web_sys::{Request, Response};
use worker::{Context, Env, ScheduleContext, ScheduledEvent, event};

use crate::auth::oauth::discovery::paths;
use crate::error::Error;
use crate::wire::cors;
use crate::wire::incoming::{Incoming, Method};
use crate::wire::reply::Reply;
use crate::wire::servicestack::failure::ServiceStackFailure;
use crate::wire::servicestack::recognise::recognise;
use app::{App, ClientInfo};
use dialect::Dialect;
use endpoints::servicestack;
use flows::moving_out;

/// The cron of what may not wait for the hourly one.
const EACH_MINUTE: &str = "* * * * *";

/// Answers one request.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    panic::report();
    let received = http::read(&request).await?;
    let incoming = &received.incoming;
    let client_info = ClientInfo::new(incoming, request);
    let reply = match App::open(&env, context, client_info, clock::now()) {
        Ok(app) => {
            let reply = answer(&app, incoming).await;
            let writes = !matches!(incoming.method, Method::Get | Method::Options);
            flows::events::after_answer(&app, writes);
            if app.ends_sessions.get() {
                flows::oauth::notices::send_in_background(&app);
            }
            reply
        }
        Err(error) => unopened(error, incoming),
    };
    http::respond(&received, reply)
}

/// Sends events that are due and has tokens of what is gone revoked, each minute; erases who has asked for it, and deletes what is over, once an
/// hour.
#[event(scheduled)]
async fn scheduled(event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    panic::report();
    match App::open_stores(&env) {
        Ok((config, db, kv)) => {
            if let Err(error) = flows::events::send_due(&db, &config).await {
                log::failure(&error);
            }
            if let Err(error) = flows::social::revoke_due(&db, &config).await {
                log::failure(&error);
            }
            if let Err(error) = flows::oauth::notices::send_due(&db, &config).await {
                log::failure(&error);
            }
            if event.cron() == EACH_MINUTE {
                return;
            }
            if let Err(error) = moving_out::erase_due(&db, &kv, clock::now()).await {
                log::failure(&error);
            }
            sweep::sweep(&db, &config).await;
        }
        Err(error) => log::failure(&error),
    }
}

/// Runs the request beside the list of allowed origins, which adds no wait of its own.
async fn answer(app: &App, incoming: &Incoming) -> Reply {
    let call = recognise(incoming);
    let matched = dispatch::find(incoming);
    if call.is_none() && matched.dialect == Dialect::Page {
        return app.timed(matched.dispatch(app, incoming).await);
    }
    let origin = incoming.header("origin");
    // The keys are for whoever verifies.
    let is_open = matched.dialect == Dialect::OAuth || incoming.is_at(paths::KEYS);
    if call.is_none() && is_open {
        let reply = match incoming.method {
            Method::Options => {
                let requested = incoming.header("access-control-request-headers");
                cors::open_preflight(origin, requested)
            }
            _ => cors::open(matched.dispatch(app, incoming).await, origin),
        };
        return app.timed(reply);
    }
    if incoming.method == Method::Options {
        let requested = incoming.header("access-control-request-headers");
        let allowed = client_lists::allowed_origins(app, origin).await;
        return app.timed(cors::preflight(origin, requested, &allowed));
    }
    if let Some(call) = call {
        // Whether a browser may ask at all depends on the list, so it comes first.
        let allowed = client_lists::allowed_origins(app, origin).await;
        let reply = servicestack::answer(app, incoming, &call, &allowed).await;
        return app.timed(cors::grant(reply, origin, &allowed));
    }
    let reply = matched.dispatch(app, incoming);
    let (reply, allowed) = join(reply, client_lists::allowed_origins(app, origin)).await;
    app.timed(cors::grant(reply, origin, &allowed))
}

/// Refuses a request to a worker that cannot work, in the envelope of the API it is for.
fn unopened(error: Error, incoming: &Incoming) -> Reply {
    match recognise(incoming) {
        Some(call) => servicestack::refuse(&ServiceStackFailure::Common(error), &call),
        None => dialect::arc(&error.into()),
    }
}
