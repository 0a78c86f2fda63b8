//! Signing out of the pages, and of what was opened from them.

use super::visit::Visit;
use crate::edge::app::App;
use crate::edge::flows::browsers;
use crate::wire::incoming::Incoming;
use crate::wire::pages::ask::{NoticePage, SignOutPage, Way};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::{Page, PageClass, see_other};
use crate::wire::reply::Reply;

const HERE: &str = "/sign-out";
/// What the browser forgets besides its cookies (Clear Site Data §3.1).
const FORGOTTEN: &str = "\"cache\", \"storage\"";

/// `GET /sign-out`: asks once; who is signed out is told so.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let texts = &visit.texts().sign_in;
    let reply = match visit.read().await? {
        Some(browser) => {
            let page = SignOutPage {
                frame: visit.frame(),
                texts,
                token: visit.token(HERE)?,
                name: &browser.account.username,
            };
            page.reply(200, PageClass::Own)?
        }
        None => {
            let page = NoticePage {
                frame: visit.frame(),
                title: texts.gone_title,
                lead: texts.gone_lead,
                ways: vec![Way::new(visit.walk.on("/sign-in"), texts.again)],
            };
            page.reply(200, PageClass::HERE)?
        }
    };
    Ok(visit.answer(reply))
}

/// `POST /sign-out`: ends the browser.
pub async fn submit(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    visit.form(HERE)?;
    if let Some(cookie) = visit.browser_cookie() {
        browsers::sign_out(app, &cookie).await?;
    }
    visit.signed_out();
    let reply = see_other(HERE).with("clear-site-data", FORGOTTEN);
    Ok(visit.answer(reply))
}
