//! From a request to the endpoint that has its method and path.

use std::collections::HashSet;

use super::app::App;
use super::dialect::Dialect;
use super::page_routes::PAGES;
use super::rate_limit;
use super::route::Route;
use super::routes::ROUTES;
use crate::error::{Error, ErrorKind};
use crate::wire::incoming::Incoming;
use crate::wire::reply::Reply;

/// The routes of a request's path.
pub struct Matched {
    routes: Vec<&'static Route>,
    /// The dialect that the request is answered in.
    pub dialect: Dialect,
}

/// Finds the routes of a request's path.
pub fn find(incoming: &Incoming) -> Matched {
    let routes = ROUTES.iter().chain(PAGES);
    let routes: Vec<_> = routes.filter(|route| incoming.is_at(route.path)).collect();
    let dialect = routes.first().map(|route| route.dialect);
    Matched {
        dialect: dialect.unwrap_or_else(|| dialect_of_nowhere(incoming)),
        routes,
    }
}

/// The dialect of a path without a route: that of the API whose paths begin alike, else a page for a
/// browser that navigates there.
fn dialect_of_nowhere(incoming: &Incoming) -> Dialect {
    let of_api = |route: &&Route| {
        let first = route.path.split('/').nth(1);
        first == incoming.segments.first().map(String::as_str)
    };
    match ROUTES.iter().find(of_api) {
        Some(route) => route.dialect,
        None if incoming.wants_page() => Dialect::Page,
        None => Dialect::Arc,
    }
}

impl Matched {
    /// Answers a request by the endpoint that has its method and path.
    pub async fn dispatch(&self, app: &App, incoming: &Incoming) -> Reply {
        let mut routes = self.routes.iter();
        let Some(route) = routes.find(|route| route.method == incoming.method) else {
            return self
                .dialect
                .refuse(app, incoming, nowhere(app, &self.routes));
        };
        let admitted = async {
            incoming.check()?;
            rate_limit::check(app, route.rate_limit).await
        };
        match admitted.await {
            Ok(()) => (route.handler)(app, incoming).await,
            Err(error) => self.dialect.refuse(app, incoming, error),
        }
    }
}

/// Why a request has no endpoint: its path has none, or has others.
fn nowhere(app: &App, here: &[&Route]) -> Error {
    if app.config.compatibility.nothing_is_404 {
        return ErrorKind::NotAllowed.into();
    }
    let mut allowed: Vec<&str> = here.iter().map(|route| route.method.name()).collect();
    if allowed.is_empty() {
        return ErrorKind::NoSuchPath.into();
    }
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    // A path can be of two patterns: `/auth-clients/count` is also an `{id}`.
    let mut named = HashSet::new();
    allowed.retain(|name| named.insert(*name));
    ErrorKind::NoSuchMethod(allowed).into()
}
