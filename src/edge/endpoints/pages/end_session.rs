//! `GET` and `POST /oauth/logout` (OpenID Connect RP-Initiated Logout 1.0 §2).

use super::authorize::by_get;
use super::visit::Visit;
use crate::auth::oauth::discovery::paths;
use crate::edge::app::App;
use crate::edge::flows::oauth::logout::{SignOut, sign_out};
use crate::wire::incoming::Incoming;
use crate::wire::oauth::request;
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::see_other;
use crate::wire::reply::Reply;

/// Where the user is asked, and told that it is done.
const PAGE: &str = "/sign-out";

/// `GET /oauth/logout`.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    app.config.oauth.on()?;
    if incoming.is_speculative() {
        return Ok(Reply::empty(204));
    }
    let mut visit = Visit::begin(app, incoming)?;
    let cookie = visit.browser_cookie();
    let location = match sign_out(app, &request::query(incoming), cookie.as_ref()).await? {
        SignOut::Ask => return Ok(visit.answer(see_other(PAGE))),
        SignOut::Done(location) => location,
    };
    visit.signed_out();
    let location = location.unwrap_or_else(|| PAGE.to_owned());
    Ok(visit.answer(see_other(location)))
}

/// `POST /oauth/logout`.
pub async fn posted(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    app.config.oauth.on()?;
    by_get(incoming, paths::LOGOUT)
}
