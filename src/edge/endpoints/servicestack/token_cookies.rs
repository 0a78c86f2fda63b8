//! The cookies that tokens travel in.

use super::exchange::Exchange;
use crate::auth::secret::Secret;
use crate::auth::time::Seconds;
use crate::edge::flows::non_rotating_sessions::Opened;
use crate::store::sessions::LiveSession;
use crate::wire::incoming::Incoming;
use crate::wire::servicestack::cookies::{Cookie, PERMANENT, SIGN_OUT};
use crate::wire::servicestack::dto::Authenticate;

/// `ss-opt` of a session that ends with the browser, and of one that does not.
const TEMPORARY: &str = "temp";
const REMEMBERED: &str = "perm";

/// A cookie's value, which is a token.
pub fn token(incoming: &Incoming, cookie: Cookie) -> Option<Secret> {
    cookie.read(incoming).map(Secret::new)
}

/// The cookies of a sign-in. They outlast the browser unless the caller wants to be forgotten.
pub fn signed_in(exchange: &Exchange<'_>, dto: &Authenticate, opened: &Opened) -> Vec<String> {
    let forgotten = dto.remember_me == Some(false);
    let lasting = |lifetime: Seconds| (!forgotten).then_some(lifetime);
    let option = dto.remember_me.map(|remember| {
        let value = if remember { REMEMBERED } else { TEMPORARY };
        set(exchange, Cookie::Options, value, Some(PERMANENT))
    });
    // The refresh token may be used until the session's absolute end, so its cookie stays till then.
    let session_lifetime = exchange.app.config.session_max_age;
    let access_lifetime = opened.session.client.access_token_expiration;
    let access = opened.access_token.expose();
    let refresh = opened.refresh_token.expose();
    let tokens = [
        set(
            exchange,
            Cookie::AccessToken,
            access,
            lasting(access_lifetime),
        ),
        set(
            exchange,
            Cookie::RefreshToken,
            refresh,
            lasting(session_lifetime),
        ),
    ];
    option.into_iter().chain(tokens).collect()
}

/// The cookie of a fresh access token; it lasts as the one before did.
pub fn renewed(exchange: &Exchange<'_>, session: &LiveSession, access_token: &Secret) -> String {
    let forgotten = Cookie::Options.read(exchange.incoming).as_deref() == Some(TEMPORARY);
    let lifetime = (!forgotten).then_some(session.client.access_token_expiration);
    set(
        exchange,
        Cookie::AccessToken,
        access_token.expose(),
        lifetime,
    )
}

/// Deletes everything that a sign-out deletes.
pub fn signed_out(exchange: &Exchange<'_>) -> Vec<String> {
    let deleted = SIGN_OUT.into_iter();
    deleted.map(|cookie| delete(exchange, cookie)).collect()
}

/// Deletes the token cookies of a request that has no session.
pub fn expired_cookies(exchange: &Exchange<'_>) -> Vec<String> {
    let tokens = [Cookie::AccessToken, Cookie::RefreshToken].into_iter();
    tokens
        .filter(|cookie| cookie.read(exchange.incoming).is_some())
        .map(|cookie| delete(exchange, cookie))
        .collect()
}

fn set(exchange: &Exchange<'_>, cookie: Cookie, value: &str, max_age: Option<Seconds>) -> String {
    let config = &exchange.app.config;
    cookie.set(
        value,
        max_age,
        config.is_https(),
        config.token_cookies_same_site,
    )
}

fn delete(exchange: &Exchange<'_>, cookie: Cookie) -> String {
    let config = &exchange.app.config;
    cookie.delete(config.is_https(), config.token_cookies_same_site)
}
