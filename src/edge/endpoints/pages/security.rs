//! Password and address, and a change of the password.

use super::problem::problem;
use super::visit::Visit;
use crate::auth::account::Status;
use crate::auth::browser::LiveBrowser;
use crate::edge::app::App;
use crate::edge::flows::own_account::{self, OwnPassword};
use crate::wire::incoming::Incoming;
use crate::wire::pages::account::{PasswordPage, SecurityPage};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::{Page, PageClass, moment, see_other};
use crate::wire::reply::Reply;

const PASSWORD: &str = "/account/password";

/// `GET /account/security`.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let browser = visit.own().await?;
    let password_changed = browser.password_changed_on.map(moment::day);
    let page = SecurityPage {
        frame: visit.frame(),
        shell: visit.shell()?,
        texts: &visit.texts().account,
        password_changed: password_changed.as_deref(),
        email: browser.account.email.as_deref(),
        is_verified: browser.account.email_verified,
    };
    let reply = page.reply(200, PageClass::Own)?;
    Ok(visit.answer(reply))
}

/// `GET /account/password`.
pub async fn show_password(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let browser = with_proof(&mut visit).await?;
    page(visit, &browser, 200, None)
}

/// `POST /account/password`.
pub async fn change_password(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let fields = visit.form(PASSWORD)?;
    let browser = with_proof(&mut visit).await?;
    let mut origin = visit.origin();
    origin.device = Some(visit.device()?);
    let change = OwnPassword {
        password: &fields.secret("password"),
        old_password: &fields.secret("old_password"),
        origin: &origin,
        form_session: &visit.form_session(),
    };
    match own_account::set_password(app, &browser, &change).await {
        Ok(secret) => {
            visit.signed_in(&secret, browser.is_remembered)?;
            let next = match visit.walk.get("return_to").is_some() || visit.walk.is_client() {
                true => visit.walk.next(),
                false => "/account/security?notice=password".to_owned(),
            };
            Ok(visit.answer(see_other(next)))
        }
        Err(error) => match problem(visit.texts(), &error) {
            Some(problem) => page(visit, &browser, 422, Some(problem)),
            None => Err(error.into()),
        },
    }
}

/// The signed-in browser. The present password is a proof itself; where none is asked for, there must be
/// a fresh one, or a password that has to be changed. Whoever has a factor needs a fresh proof of it.
async fn with_proof(visit: &mut Visit<'_>) -> Result<LiveBrowser, PageFailure> {
    let browser = visit.own().await?;
    let is_due = browser.account.status() == Some(Status::PasswordChangeNeeded);
    let by_password = own_account::asks_old_password(&browser) || is_due;
    if by_password && !browser.has_factor || browser.is_proven(visit.app.now) {
        return Ok(browser);
    }
    let here = visit.walk.on(PASSWORD);
    Err(PageFailure::proof_for(&here))
}

fn page(
    visit: Visit<'_>,
    browser: &LiveBrowser,
    status: u16,
    problem: Option<String>,
) -> Result<Reply, PageFailure> {
    let texts = &visit.texts().password;
    let is_due = browser.account.status() == Some(Status::PasswordChangeNeeded);
    let (title, lead) = match browser.password_changed_on {
        _ if is_due => (texts.reset_title, texts.due_lead),
        Some(_) => (texts.change_title, texts.change_lead),
        None => (texts.set_title, texts.set_lead),
    };
    let page = PasswordPage {
        frame: visit.frame().with_problem(problem),
        shell: visit.shell()?,
        passwords: texts,
        title,
        lead,
        action: visit.walk.on(PASSWORD),
        token: visit.token(PASSWORD)?,
        username: &browser.account.username,
        asks_old: own_account::asks_old_password(browser),
        is_due,
        least: visit.app.config.password_min_length,
    };
    let reply = page.reply(status, PageClass::Own)?;
    Ok(visit.answer(reply))
}
