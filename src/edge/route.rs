//! What an endpoint is, and how the table of them is written.

use std::future::Future;
use std::pin::Pin;

use super::app::App;
use super::dialect::{Dialect, Failure};
use super::rate_limit::RateLimit;
use crate::wire::incoming::{Incoming, Method};
use crate::wire::reply::Reply;

/// An answer under way.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Reply> + 'a>>;

/// An endpoint.
pub struct Route {
    /// The dialect of its failures.
    pub dialect: Dialect,
    /// The method that it answers; HEAD goes to GET.
    pub method: Method,
    /// Its path, with parameters in braces.
    pub path: &'static str,
    /// The flood that it is kept from.
    pub rate_limit: RateLimit,
    /// What answers.
    pub handler: for<'a> fn(&'a App, &'a Incoming) -> Answer<'a>,
}

/// What an endpoint comes to. The endpoint's future is boxed before, so that endpoints with several
/// routes are compiled once.
pub fn answered<'a, F: Failure + 'a>(
    app: &'a App,
    incoming: &'a Incoming,
    outcome: Pin<Box<dyn Future<Output = Result<Reply, F>> + 'a>>,
) -> Answer<'a> {
    Box::pin(async move {
        match outcome.await {
            Ok(reply) => reply,
            Err(failure) => failure.answer(app, incoming),
        }
    })
}

macro_rules! routes {
    ($($dialect:ident $method:ident $path:literal $rate_limit:ident => $handler:path $(, $argument:expr)?;)*) => {
        &[$(Route {
            dialect: Dialect::$dialect,
            method: $method,
            path: $path,
            rate_limit: RateLimit::$rate_limit,
            handler: |app, incoming| answered(app, incoming, Box::pin($handler(app, incoming $(, $argument)?))),
        }),*]
    };
}
pub(super) use routes;
