//! Every endpoint on one screen: method, path, the flood it is kept from, handler.
//!
//! A table rather than a `match`, so that 405 and its `Allow` follow from the same lines.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;

use super::app::App;
use super::endpoints::management::{activity, events, members, people, person, records};
use super::endpoints::{
    dev_mailbox, login, logout, moving_out, otp_caches, password, sign_up, social, tokens,
    well_known,
};
use super::rate_limit::{self, RateLimit};
use crate::auth::federation::Provider::{Apple, Facebook, Google, Instagram, Keycloak};
use crate::auth::management::resource::{
    AUTH_CLIENTS, GROUPS, LOGIN_ACTIVITY, OUTBOX, ROLES, TENANT_CONFIGS, TENANTS, USER_GROUPS,
    USER_PERMISSIONS,
};
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
    Get    "/users/{id}/export"               None   => moving_out::export;
    Post   "/users/{id}/erase"                None   => moving_out::erase;
    Post   "/auth-clients"                    None   => records::create, &AUTH_CLIENTS;
    Get    "/auth-clients"                    None   => records::find, &AUTH_CLIENTS;
    Patch  "/auth-clients"                    None   => records::update_all, &AUTH_CLIENTS;
    Get    "/auth-clients/count"              None   => records::count, &AUTH_CLIENTS;
    Get    "/auth-clients/{id}"               None   => records::find_by_id, &AUTH_CLIENTS;
    Put    "/auth-clients/{id}"               None   => records::replace_by_id, &AUTH_CLIENTS;
    Patch  "/auth-clients/{id}"               None   => records::update_by_id, &AUTH_CLIENTS;
    Delete "/auth-clients/{id}"               None   => records::delete_by_id, &AUTH_CLIENTS;
    Post   "/tenants"                         None   => records::create, &TENANTS;
    Get    "/tenants"                         None   => records::find, &TENANTS;
    Patch  "/tenants"                         None   => records::update_all, &TENANTS;
    Get    "/tenants/count"                   None   => records::count, &TENANTS;
    Get    "/tenants/{id}"                    None   => records::find_by_id, &TENANTS;
    Put    "/tenants/{id}"                    None   => records::replace_by_id, &TENANTS;
    Patch  "/tenants/{id}"                    None   => records::update_by_id, &TENANTS;
    Delete "/tenants/{id}"                    None   => records::delete_by_id, &TENANTS;
    Post   "/tenants/{id}/users"              None   => people::create;
    Get    "/tenants/{id}/users"              None   => people::find;
    Patch  "/tenants/{id}/users/{userId}"     None   => people::update_by_id;
    Delete "/tenants/{id}/users/{userId}"     None   => people::delete_by_id;
    Post   "/tenants/{id}/roles"              None   => records::create, &ROLES;
    Get    "/tenants/{id}/roles"              None   => records::find, &ROLES;
    Patch  "/tenants/{id}/roles"              None   => records::update_all, &ROLES;
    Delete "/tenants/{id}/roles/{roleId}"     None   => records::delete_by_id, &ROLES;
    Post   "/tenants/{id}/tenant-configs"     None   => records::create, &TENANT_CONFIGS;
    Get    "/tenants/{id}/tenant-configs"     None   => records::find, &TENANT_CONFIGS;
    Patch  "/tenants/{id}/tenant-configs"     None   => records::update_all, &TENANT_CONFIGS;
    Delete "/tenants/{id}/tenant-configs"     None   => records::delete_all, &TENANT_CONFIGS;
    Post   "/tenants/{id}/groups"             None   => records::create, &GROUPS;
    Get    "/tenants/{id}/groups"             None   => records::find, &GROUPS;
    Patch  "/tenants/{id}/groups"             None   => records::update_all, &GROUPS;
    Delete "/tenants/{id}/groups/{groupId}"   None   => records::delete_by_id, &GROUPS;
    Post   "/groups/{id}/user"                None   => records::create, &USER_GROUPS;
    Get    "/groups/{id}/user"                None   => records::find, &USER_GROUPS;
    Post   "/groups/{id}/user/bulk"           None   => members::add_all;
    Delete "/groups/{id}/user/{userId}"       None   => members::remove;
    Post   "/user-tenants/{id}/user-level-permissions"   None => records::create, &USER_PERMISSIONS;
    Get    "/user-tenants/{id}/user-level-permissions"   None => records::find, &USER_PERMISSIONS;
    Patch  "/user-tenants/{id}/user-level-permissions"   None => records::update_all, &USER_PERMISSIONS;
    Delete "/user-tenants/{id}/user-level-permissions"   None => records::delete_all, &USER_PERMISSIONS;
    Get    "/user/{id}/tenants"               None   => person::tenants;
    Get    "/users/{id}/sessions"             None   => person::sessions;
    Delete "/users/{id}/sessions"             None   => person::end_sessions;
    Delete "/users/{id}/sessions/{sid}"       None   => person::end_session;
    Get    "/users/{id}/identities"           None   => person::identities;
    Delete "/users/{id}/identities/{identityId}"         None => person::unlink;
    Post   "/users/{id}/invite"               Mail   => person::invite;
    Post   "/users/{id}/reset-link"           Mail   => person::reset_link;
    Get    "/login-activity"                  None   => records::find, &LOGIN_ACTIVITY;
    Get    "/login-activity/count"            None   => records::count, &LOGIN_ACTIVITY;
    Get    "/login-activity/{id}"             None   => records::find_by_id, &LOGIN_ACTIVITY;
    Get    "/active-users/{range}"            None   => activity::active_users;
    Get    "/outbox"                          None   => records::find, &OUTBOX;
    Get    "/outbox/count"                    None   => records::count, &OUTBOX;
    Get    "/outbox/{id}"                     None   => records::find_by_id, &OUTBOX;
    Post   "/outbox/{id}/resend"              None   => events::resend;
    Post   "/otp-caches"                      SignIn => otp_caches::create;
    Get    "/otp-caches/{id}"                 SignIn => otp_caches::find_by_id;
    Delete "/otp-caches/{id}"                 SignIn => otp_caches::delete_by_id;
    Get    "/dev/mailbox"                     None   => dev_mailbox::dev_mailbox;
    Get    "/.well-known/jwks.json"           None   => well_known::jwks;
    Get    "/health"                          None   => well_known::health;
    Get    "/openapi.json"                    None   => well_known::openapi;
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
