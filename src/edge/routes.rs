//! Every endpoint on one screen: method, path, handler.
//!
//! A table rather than a `match`, so that 405 and its `Allow` follow from the same lines.

use std::future::Future;
use std::pin::Pin;

use super::app::App;
use super::endpoints::{dev_mailbox, login, logout, otp_caches, password, sign_up, well_known};
use crate::error::Error;
use crate::wire::incoming::Incoming;
use crate::wire::incoming::Method::{self, Delete, Get, Patch, Post};
use crate::wire::reply::Reply;

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Reply, Error>> + 'a>>;

struct Route {
    method: Method,
    path: &'static str,
    handler: for<'a> fn(&'a App, &'a Incoming) -> Answer<'a>,
}

macro_rules! routes {
    ($($method:ident $path:literal => $handler:path $(, $argument:expr)?;)*) => {
        &[$(Route {
            method: $method,
            path: $path,
            handler: |app, incoming| Box::pin($handler(app, incoming $(, $argument)?)),
        }),*]
    };
}

#[rustfmt::skip]
const ROUTES: &[Route] = routes! {
    Post   "/auth/login"                      => login::login;
    Post   "/auth/login-token"                => login::login_token;
    Post   "/auth/token"                      => login::token;
    Post   "/auth/token-refresh"              => login::refresh;
    Get    "/auth/me"                         => login::me;
    Patch  "/auth/change-password"            => login::change_password;
    Post   "/logout"                          => logout::logout;
    Post   "/auth/forget-password"            => password::forget_password;
    Get    "/auth/verify-reset-password-link" => password::verify_reset_password_link;
    Patch  "/auth/reset-password"             => password::reset_password;
    Post   "/auth/sign-up/create-token"       => sign_up::create_token;
    Get    "/auth/sign-up/verify-token"       => sign_up::verify_token;
    Post   "/auth/sign-up/create-user"        => sign_up::create_user;
    Post   "/otp-caches"                      => otp_caches::create;
    Get    "/otp-caches/{id}"                 => otp_caches::find_by_id;
    Delete "/otp-caches/{id}"                 => otp_caches::delete_by_id;
    Get    "/dev/mailbox"                     => dev_mailbox::dev_mailbox;
    Get    "/.well-known/jwks.json"           => well_known::jwks;
    Get    "/health"                          => well_known::health;
};

/// Answers a request by the endpoint that has its method and path.
pub async fn dispatch(app: &App, incoming: &Incoming) -> Result<Reply, Error> {
    let here = || ROUTES.iter().filter(|route| incoming.is_at(route.path));
    if let Some(route) = here().find(|route| route.method == incoming.method) {
        return (route.handler)(app, incoming).await;
    }
    if app.config.habits.nothing_is_404 {
        return Err(Error::NotAllowed);
    }
    let mut allowed: Vec<&str> = here().map(|route| route.method.name()).collect();
    if allowed.is_empty() {
        return Err(Error::NoSuchPath);
    }
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    Err(Error::NoSuchMethod(allowed))
}
