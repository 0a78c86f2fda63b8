//! Every endpoint on one screen: method, path, the flood it is kept from, handler.
//!
//! A table rather than a `match`, so that 405 and its `Allow` follow from the same lines.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;

use super::app::App;
use super::endpoints::{
    auth_clients, dev_mailbox, login, logout, moving_out, otp_caches, password, sign_up, social,
    tokens, well_known,
};
use super::rate_limit::{self, RateLimit};
use crate::auth::federation::Provider::{Apple, Facebook, Google, Instagram, Keycloak};
use crate::error::Error;
use crate::wire::incoming::Incoming;
use crate::wire::incoming::Method::{self, Delete, Get, Patch, Post, Put};
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::reply::Reply;

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Reply, LoopbackFailure>> + 'a>>;

struct Route {
    method: Method,
    path: &'static str,
    rate_limit: RateLimit,
    handler: for<'a> fn(&'a App, &'a Incoming) -> Answer<'a>,
}

macro_rules! routes {
    ($($method:ident $path:literal $rate_limit:ident => $handler:path $(, $argument:expr)?;)*) => {
        &[$(Route {
            method: $method,
            path: $path,
            rate_limit: RateLimit::$rate_limit,
            handler: |app, incoming| Box::pin($handler(app, incoming $(, $argument)?)),
        }),*]
    };
}

#[rustfmt::skip]
const ROUTES: &[Route] = routes! {
    Post   "/auth/login"                      SignIn => login::login;
    Post   "/auth/login-token"                SignIn => login::login_token;
    Post   "/auth/token"                      SignIn => tokens::token;
    Post   "/auth/token-refresh"              None   => tokens::refresh;
    Get    "/auth/me"                         None   => login::me;
    Get    "/auth/me/export"                  None   => moving_out::export_own;
    Post   "/auth/me/erase"                   None   => moving_out::erase_own;
    Patch  "/auth/change-password"            SignIn => password::change_password;
    Post   "/logout"                          None   => logout::logout;
    Post   "/keycloak/logout"                 None   => logout::keycloak_logout;
    Post   "/keycloak/backchannel-logout"     None   => logout::backchannel_logout, Keycloak;
    Post   "/auth/google"                     SignIn => social::start, Google;
    Get    "/auth/google"                     SignIn => social::start, Google;
    Get    "/auth/google-auth-redirect"       SignIn => social::complete, Google;
    Post   "/auth/facebook"                   SignIn => social::start, Facebook;
    Get    "/auth/facebook-auth-redirect"     SignIn => social::complete, Facebook;
    Post   "/auth/instagram"                  SignIn => social::start, Instagram;
    Get    "/auth/instagram-auth-redirect"    SignIn => social::complete, Instagram;
    Post   "/auth/oauth-apple"                SignIn => social::start, Apple;
    Get    "/auth/apple-oauth-redirect"       SignIn => social::complete, Apple;
    Post   "/auth/apple-oauth-redirect"       SignIn => social::complete, Apple;
    Post   "/auth/keycloak"                   SignIn => social::start, Keycloak;
    Get    "/auth/keycloak"                   SignIn => social::start, Keycloak;
    Get    "/auth/keycloak-auth-redirect"     SignIn => social::complete, Keycloak;
    Get    "/auth/sign-in/continue"           SignIn => social::proceed;
    Post   "/auth/forget-password"            Mail   => password::forget_password;
    Get    "/auth/verify-reset-password-link" SignIn => password::verify_reset_password_link;
    Patch  "/auth/reset-password"             SignIn => password::reset_password;
    Post   "/auth/sign-up/create-token"       Mail   => sign_up::create_token;
    Get    "/auth/sign-up/verify-token"       SignIn => sign_up::verify_token;
    Post   "/auth/sign-up/create-user"        SignIn => sign_up::create_user;
    Post   "/auth-clients"                    None   => auth_clients::create;
    Get    "/auth-clients"                    None   => auth_clients::find;
    Patch  "/auth-clients"                    None   => auth_clients::update_all;
    Get    "/auth-clients/count"              None   => auth_clients::count;
    Get    "/auth-clients/{id}"               None   => auth_clients::find_by_id;
    Put    "/auth-clients/{id}"               None   => auth_clients::replace_by_id;
    Patch  "/auth-clients/{id}"               None   => auth_clients::update_by_id;
    Delete "/auth-clients/{id}"               None   => auth_clients::delete_by_id;
    Get    "/users/{id}/export"               None   => moving_out::export;
    Post   "/users/{id}/erase"                None   => moving_out::erase;
    Post   "/otp-caches"                      SignIn => otp_caches::create;
    Get    "/otp-caches/{id}"                 SignIn => otp_caches::find_by_id;
    Delete "/otp-caches/{id}"                 SignIn => otp_caches::delete_by_id;
    Get    "/dev/mailbox"                     None   => dev_mailbox::dev_mailbox;
    Get    "/.well-known/jwks.json"           None   => well_known::jwks;
    Get    "/health"                          None   => well_known::health;
};

/// Answers a request by the endpoint that has its method and path.
pub async fn dispatch(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let here = || ROUTES.iter().filter(|route| incoming.is_at(route.path));
    if let Some(route) = here().find(|route| route.method == incoming.method) {
        incoming.check()?;
        rate_limit::check(app, route.rate_limit).await?;
        return (route.handler)(app, incoming).await;
    }
    if app.config.compatibility.nothing_is_404 {
        return Err(Error::NotAllowed.into());
    }
    let mut allowed: Vec<&str> = here().map(|route| route.method.name()).collect();
    if allowed.is_empty() {
        return Err(Error::NoSuchPath.into());
    }
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    // A path can be of two patterns: `/auth-clients/count` is also an `{id}`.
    let mut named = HashSet::new();
    allowed.retain(|name| named.insert(*name));
    Err(Error::NoSuchMethod(allowed).into())
}
