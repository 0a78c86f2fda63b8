//! A fresh proof that the user is there, before what needs one.

use super::second_step;
use super::visit::Visit;
use crate::auth::browser::LiveBrowser;
use crate::edge::app::App;
use crate::edge::flows::factors::at_pages::{self, TypedAtPage};
use crate::edge::flows::own_account;
use crate::error::{Error, Reason};
use crate::wire::incoming::Incoming;
use crate::wire::pages::account_lists::ProofPage;
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::{Page, PageClass, see_other};
use crate::wire::reply::Reply;

const HERE: &str = "/account/proof";

/// `GET /account/proof`.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let browser = visit.own().await?;
    page(visit, &browser, 200, None)
}

/// `POST /account/proof`: the password, or a code of whoever has a factor.
pub async fn submit(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let fields = visit.form(HERE)?;
    let browser = visit.own().await?;
    let form_session = visit.form_session();
    let proven = if browser.has_factor {
        let code = fields.text("code");
        let typed = TypedAtPage {
            code,
            form_session: &form_session,
        };
        at_pages::raise(app, &browser, &typed).await
    } else {
        let mut origin = visit.origin();
        origin.device = Some(visit.device()?);
        let password = fields.secret("password");
        own_account::prove(app, &browser, &password, &origin, &form_session).await
    };
    match proven {
        Ok(secret) => {
            visit.signed_in(&secret, browser.is_remembered)?;
            let next = visit.walk.next();
            Ok(visit.answer(see_other(next)))
        }
        Err(error) => refuse(visit, &browser, &error),
    }
}

fn refuse(visit: Visit<'_>, browser: &LiveBrowser, error: &Error) -> Result<Reply, PageFailure> {
    let texts = visit.texts();
    let (status, problem) = match error {
        Error::Rejected(Reason::IncorrectPassword) => (422, texts.account.proof_wrong.to_owned()),
        other => second_step::problem(texts, other.clone())?,
    };
    let reply = page(visit, browser, status, Some(problem))?;
    Ok(reply.with_headers_of(error))
}

fn page(
    visit: Visit<'_>,
    browser: &LiveBrowser,
    status: u16,
    problem: Option<String>,
) -> Result<Reply, PageFailure> {
    let page = ProofPage {
        frame: visit.frame().with_problem(problem),
        texts: &visit.texts().account,
        action: visit.walk.on(HERE),
        token: visit.token(HERE)?,
        username: &browser.account.username,
        asks_code: browser.has_factor,
        has_password: !browser.has_factor && browser.password_changed_on.is_some(),
        providers: match browser.has_factor {
            true => Vec::new(),
            false => visit.providers(HERE),
        },
    };
    let reply = page.reply(status, PageClass::Own)?;
    Ok(visit.answer(reply))
}
