//! Every endpoint of the APIs in one table: the dialect of its failures, method, path, the flood it is
//! kept from, handler. Pages have their own, `page_routes.rs`.
//!
//! A table rather than a `match`, so that 405 and its `Allow` follow from the same lines.

use super::app::App;
use super::dialect::Dialect;
use super::endpoints::factors::{own, passkey, second_step, trusted_devices};
use super::endpoints::management::{activity, events, members, people, person, records};
use super::endpoints::oauth::{clients, discovery, token, userinfo};
use super::endpoints::{
    account, client_branding, client_oauth, login, logout, moving_out, otp_caches, password,
    sign_up, social, tokens, well_known,
};
use super::rate_limit::{self, RateLimit};
use super::route::{Answer, Route, answered, routes};
use crate::auth::federation::Provider::{Apple, Facebook, Google, Instagram, Keycloak};
use crate::auth::management::resource::{
    AUTH_CLIENTS, GROUPS, LOGIN_ACTIVITY, OUTBOX, ROLES, TENANT_CONFIGS, TENANTS, USER_GROUPS,
    USER_PERMISSIONS,
};
use crate::error::ErrorKind;
use crate::wire::incoming::Incoming;
use crate::wire::incoming::Method::{Delete, Get, Patch, Post, Put};

/// The endpoints of the APIs.
#[rustfmt::skip]
pub const ROUTES: &[Route] = routes! {
    Arc  Post   "/auth/login"                      SignIn => login::login;
    Arc  Post   "/auth/login-token"                SignIn => login::login_token;
    Arc  Post   "/auth/token"                      SignIn => tokens::token;
    Arc  Post   "/auth/token-refresh"              None   => tokens::refresh;
    Arc  Get    "/auth/me"                         None   => login::me;
    Arc  Post   "/auth/me/email"                     Mail   => account::change_email;
    Arc  Post   "/auth/send-otp"                   Mail   => second_step::send_otp;
    Arc  Post   "/auth/verify-otp"                 SignIn => second_step::verify_otp;
    Arc  Get    "/auth/check-qr-code"              SignIn => second_step::check_qr_code;
    Arc  Post   "/auth/create-qr-code"             SignIn => second_step::create_qr_code;
    Arc  Post   "/auth/passkey/options"            SignIn => passkey::options;
    Arc  Post   "/auth/passkey"                    SignIn => passkey::sign_in;
    Arc  Get    "/auth/me/factors"                 None   => own::list;
    Arc  Patch  "/auth/me/factors/{id}"            None   => own::rename;
    Arc  Delete "/auth/me/factors/{id}"            None   => own::remove;
    Arc  Post   "/auth/me/totp"                    SignIn => own::begin_app;
    Arc  Post   "/auth/me/totp/{id}/confirm"       SignIn => own::confirm_app;
    Arc  Post   "/auth/me/recovery-codes"          SignIn => own::renew_recovery_codes;
    Arc  Post   "/auth/me/passkeys/options"        SignIn => own::begin_passkey;
    Arc  Post   "/auth/me/passkeys"                SignIn => own::add_passkey;
    Arc  Put    "/auth/me/second-step"             SignIn => own::set_second_step;
    Arc  Get    "/auth/me/trusted-devices"         None   => trusted_devices::list;
    Arc  Delete "/auth/me/trusted-devices/{id}"    None   => trusted_devices::revoke;
    Arc  Post   "/auth/me/proof/options"           SignIn => own::proof_options;
    Arc  Post   "/auth/me/proof"                   SignIn => own::prove;
    Arc  Get    "/auth/me/export"                  None   => moving_out::export_own;
    Arc  Post   "/auth/me/erase"                   None   => moving_out::erase_own;
    Arc  Patch  "/auth/change-password"            SignIn => password::change_password;
    Arc  Post   "/logout"                          None   => logout::logout;
    Arc  Post   "/keycloak/logout"                 None   => logout::keycloak_logout;
    Arc  Post   "/keycloak/backchannel-logout"     None   => logout::backchannel_logout, Keycloak;
    Arc  Post   "/apple/notifications"             None   => logout::apple_notification;
    Arc  Post   "/auth/google"                     SignIn => social::start, Google;
    Arc  Get    "/auth/google"                     SignIn => social::start, Google;
    Arc  Get    "/auth/google-auth-redirect"       SignIn => social::complete, Google;
    Arc  Post   "/auth/facebook"                   SignIn => social::start, Facebook;
    Arc  Get    "/auth/facebook-auth-redirect"     SignIn => social::complete, Facebook;
    Arc  Post   "/auth/instagram"                  SignIn => social::start, Instagram;
    Arc  Get    "/auth/instagram-auth-redirect"    SignIn => social::complete, Instagram;
    Arc  Post   "/auth/oauth-apple"                SignIn => social::start, Apple;
    Arc  Get    "/auth/apple-oauth-redirect"       SignIn => social::complete, Apple;
    Arc  Post   "/auth/apple-oauth-redirect"       SignIn => social::complete, Apple;
    Arc  Post   "/auth/keycloak"                   SignIn => social::start, Keycloak;
    Arc  Get    "/auth/keycloak"                   SignIn => social::start, Keycloak;
    Arc  Get    "/auth/keycloak-auth-redirect"     SignIn => social::complete, Keycloak;
    Arc  Get    "/auth/sign-in/continue"           SignIn => social::proceed;
    Arc  Post   "/auth/forget-password"            Mail   => password::forget_password;
    Arc  Get    "/auth/verify-reset-password-link" SignIn => password::verify_reset_password_link;
    Arc  Patch  "/auth/reset-password"             SignIn => password::reset_password;
    Arc  Post   "/auth/sign-up/create-token"       Mail   => sign_up::create_token;
    Arc  Get    "/auth/sign-up/verify-token"       SignIn => sign_up::verify_token;
    Arc  Post   "/auth/sign-up/create-user"        SignIn => sign_up::create_user;
    Arc  Post   "/users/import"                    None   => people::import;
    Arc  Get    "/users/{id}/export"               None   => moving_out::export;
    Arc  Post   "/users/{id}/erase"                None   => moving_out::erase;
    Arc  Post   "/auth-clients"                    None   => records::create, &AUTH_CLIENTS;
    Arc  Get    "/auth-clients"                    None   => records::find, &AUTH_CLIENTS;
    Arc  Patch  "/auth-clients"                    None   => records::update_all, &AUTH_CLIENTS;
    Arc  Get    "/auth-clients/count"              None   => records::count, &AUTH_CLIENTS;
    Arc  Get    "/auth-clients/{id}"               None   => records::find_by_id, &AUTH_CLIENTS;
    Arc  Put    "/auth-clients/{id}"               None   => records::replace_by_id, &AUTH_CLIENTS;
    Arc  Patch  "/auth-clients/{id}"               None   => records::update_by_id, &AUTH_CLIENTS;
    Arc  Delete "/auth-clients/{id}"               None   => records::delete_by_id, &AUTH_CLIENTS;
    Arc  Get    "/auth-clients/{id}/branding"        None   => client_branding::find;
    Arc  Put    "/auth-clients/{id}/branding"        None   => client_branding::replace;
    Arc  Delete "/auth-clients/{id}/branding"        None   => client_branding::delete;
    Arc  Get    "/auth-clients/{id}/oauth"         None   => client_oauth::find;
    Arc  Put    "/auth-clients/{id}/oauth"         None   => client_oauth::replace;
    Arc  Delete "/auth-clients/{id}/oauth"         None   => client_oauth::delete;
    Arc  Post   "/tenants"                         None   => records::create, &TENANTS;
    Arc  Get    "/tenants"                         None   => records::find, &TENANTS;
    Arc  Patch  "/tenants"                         None   => records::update_all, &TENANTS;
    Arc  Get    "/tenants/count"                   None   => records::count, &TENANTS;
    Arc  Get    "/tenants/{id}"                    None   => records::find_by_id, &TENANTS;
    Arc  Put    "/tenants/{id}"                    None   => records::replace_by_id, &TENANTS;
    Arc  Patch  "/tenants/{id}"                    None   => records::update_by_id, &TENANTS;
    Arc  Delete "/tenants/{id}"                    None   => records::delete_by_id, &TENANTS;
    Arc  Post   "/tenants/{id}/users"              None   => people::create;
    Arc  Get    "/tenants/{id}/users"              None   => people::find;
    Arc  Patch  "/tenants/{id}/users/{userId}"     None   => people::update_by_id;
    Arc  Delete "/tenants/{id}/users/{userId}"     None   => people::delete_by_id;
    Arc  Get    "/tenants/{id}/users/count"        None   => people::count;
    Arc  Post   "/tenants/{id}/roles"              None   => records::create, &ROLES;
    Arc  Get    "/tenants/{id}/roles"              None   => records::find, &ROLES;
    Arc  Patch  "/tenants/{id}/roles"              None   => records::update_all, &ROLES;
    Arc  Get    "/tenants/{id}/roles/count"        None   => records::count, &ROLES;
    Arc  Delete "/tenants/{id}/roles/{roleId}"     None   => records::delete_by_id, &ROLES;
    Arc  Post   "/tenants/{id}/tenant-configs"     None   => records::create, &TENANT_CONFIGS;
    Arc  Get    "/tenants/{id}/tenant-configs"     None   => records::find, &TENANT_CONFIGS;
    Arc  Patch  "/tenants/{id}/tenant-configs"     None   => records::update_all, &TENANT_CONFIGS;
    Arc  Delete "/tenants/{id}/tenant-configs"     None   => records::delete_all, &TENANT_CONFIGS;
    Arc  Get    "/tenants/{id}/tenant-configs/count" None   => records::count, &TENANT_CONFIGS;
    Arc  Post   "/tenants/{id}/groups"             None   => records::create, &GROUPS;
    Arc  Get    "/tenants/{id}/groups"             None   => records::find, &GROUPS;
    Arc  Patch  "/tenants/{id}/groups"             None   => records::update_all, &GROUPS;
    Arc  Get    "/tenants/{id}/groups/count"       None   => records::count, &GROUPS;
    Arc  Delete "/tenants/{id}/groups/{groupId}"   None   => records::delete_by_id, &GROUPS;
    Arc  Post   "/groups/{id}/user"                None   => records::create, &USER_GROUPS;
    Arc  Get    "/groups/{id}/user"                None   => records::find, &USER_GROUPS;
    Arc  Get    "/groups/{id}/user/count"          None   => records::count, &USER_GROUPS;
    Arc  Post   "/groups/{id}/user/bulk"           None   => members::add_all;
    Arc  Delete "/groups/{id}/user/{userId}"       None   => members::remove;
    Arc  Post   "/user-tenants/{id}/user-level-permissions" None   => records::create, &USER_PERMISSIONS;
    Arc  Get    "/user-tenants/{id}/user-level-permissions" None   => records::find, &USER_PERMISSIONS;
    Arc  Patch  "/user-tenants/{id}/user-level-permissions" None   => records::update_all, &USER_PERMISSIONS;
    Arc  Delete "/user-tenants/{id}/user-level-permissions" None   => records::delete_all, &USER_PERMISSIONS;
    Arc  Get    "/user/{id}/tenants"               None   => person::tenants;
    Arc  Get    "/users/{id}/sessions"             None   => person::sessions;
    Arc  Delete "/users/{id}/sessions"             None   => person::end_sessions;
    Arc  Delete "/users/{id}/sessions/{sid}"       None   => person::end_session;
    Arc  Get    "/users/{id}/identities"           None   => person::identities;
    Arc  Delete "/users/{id}/identities/{identityId}" None   => person::unlink;
    Arc  Get    "/users/{id}/factors"              None   => person::factors;
    Arc  Delete "/users/{id}/factors/{factorId}"   None   => person::remove_factor;
    Arc  Post   "/users/{id}/re-enrol-link"        Mail   => person::re_enrol;
    Arc  Post   "/users/{id}/invite"               Mail   => person::invite;
    Arc  Post   "/users/{id}/reset-link"           Mail   => person::reset_link;
    Arc  Get    "/login-activity"                  None   => records::find, &LOGIN_ACTIVITY;
    Arc  Get    "/login-activity/count"            None   => records::count, &LOGIN_ACTIVITY;
    Arc  Get    "/login-activity/{id}"             None   => records::find_by_id, &LOGIN_ACTIVITY;
    Arc  Get    "/active-users/{range}"            None   => activity::active_users;
    Arc  Get    "/outbox"                          None   => records::find, &OUTBOX;
    Arc  Get    "/outbox/count"                    None   => records::count, &OUTBOX;
    Arc  Get    "/outbox/{id}"                     None   => records::find_by_id, &OUTBOX;
    Arc  Post   "/outbox/{id}/resend"              None   => events::resend;
    Arc  Post   "/otp-caches"                      SignIn => otp_caches::create;
    Arc  Get    "/otp-caches/{id}"                 SignIn => otp_caches::find_by_id;
    Arc  Delete "/otp-caches/{id}"                 SignIn => otp_caches::delete_by_id;
    Arc  Get    "/.well-known/jwks.json"           None   => well_known::jwks;
    Arc  Get    "/.well-known/webauthn"            None   => passkey::related_origins;
    Arc  Get    "/.well-known/passkey-endpoints"   None   => passkey::endpoints;
    Arc  Get    "/health"                          None   => well_known::health;
    OAuth Get    "/.well-known/openid-configuration"       None => discovery::document;
    OAuth Get    "/.well-known/oauth-authorization-server" None => discovery::document;
    OAuth Post   "/oauth/par"                      None   => token::push;
    OAuth Post   "/oauth/token"                    None   => token::token;
    OAuth Get    "/oauth/userinfo"                 None   => userinfo::claims;
    OAuth Post   "/oauth/userinfo"                 None   => userinfo::claims;
    OAuth Post   "/oauth/introspect"               None   => token::introspect;
    OAuth Post   "/oauth/revoke"                   None   => token::revoke;
    OAuth Post   "/oauth/device"                   SignIn => token::device;
    OAuth Post   "/oauth/register"                 SignIn => clients::register;
    OAuth Get    "/oauth/register/{id}"            SignIn => clients::show;
    OAuth Put    "/oauth/register/{id}"            SignIn => clients::replace;
    OAuth Delete "/oauth/register/{id}"            SignIn => clients::delete;
};

/// The API for our own pages, which ask it on behalf of a signed-in browser.
pub fn api<'a>(app: &'a App, incoming: &'a Incoming) -> Answer<'a> {
    let mut routes = ROUTES.iter();
    let route = routes.find(|route| {
        route.dialect == Dialect::Arc
            && route.method == incoming.method
            && incoming.is_at(route.path)
    });
    Box::pin(async move {
        let admitted = async {
            let route = route.ok_or(ErrorKind::NoSuchPath)?;
            incoming.check()?;
            rate_limit::check(app, route.rate_limit).await?;
            Ok(route)
        };
        match admitted.await {
            Ok(route) => (route.handler)(app, incoming).await,
            Err(error) => Dialect::Arc.refuse(app, incoming, error),
        }
    })
}
