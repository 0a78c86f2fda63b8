//! The browser on its way to a provider, with the cookie that binds its return.

use crate::auth::federation::flow::state_cookie::StateCookie;
use crate::auth::time::Seconds;
use crate::edge::flows::social::AuthorizationRedirect;
use crate::wire::cookies::{SameSite, SetCookie};
use crate::wire::reply::Reply;

/// Sends a browser to the provider.
pub fn to_provider(departure: AuthorizationRedirect) -> Reply {
    let AuthorizationRedirect {
        location,
        state_cookie,
        lifetime,
    } = departure;
    let cookie = state_cookie_line(&state_cookie, state_cookie.secret().expose(), lifetime);
    Reply::empty(302)
        .with("location", location)
        .with("set-cookie", cookie)
}

/// The `Set-Cookie` line of a sign-in's cookie; a `__Host-` cookie is always `Secure`.
pub fn state_cookie_line(state_cookie: &StateCookie, value: &str, lifetime: Seconds) -> String {
    let cookie = SetCookie {
        name: state_cookie.name(),
        value,
        max_age: Some(lifetime),
        same_site: if state_cookie.is_cross_site() {
            SameSite::None
        } else {
            SameSite::Lax
        },
        secure: true,
    };
    cookie.line()
}
