//! A change of address: asked for, confirmed with a link, taken back with another.

use super::visit::Visit;
use crate::auth::account::canonical_name;
use crate::auth::address::is_address;
use crate::auth::browser::LiveBrowser;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::email_change;
use crate::error::{Error, ErrorKind};
use crate::wire::incoming::Incoming;
use crate::wire::pages::account::EmailPage;
use crate::wire::pages::ask::{ConfirmPage, NoticePage, Way};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::link::LinkKind;
use crate::wire::pages::{Page, PageClass, see_other};
use crate::wire::reply::Reply;

const HERE: &str = "/account/email";
const CONFIRM: &str = "/confirm-email";
const UNDO: &str = "/undo-email";

/// `GET /account/email`.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    visit.proven(HERE).await?;
    page(visit, 200, "", None)
}

/// `POST /account/email`: a link goes to the new address, whoever has it.
pub async fn request(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let fields = visit.form(HERE)?;
    let browser = visit.proven(HERE).await?;
    let address = fields.text("email");
    if let Some(problem) = problem(&visit, &browser, address) {
        return page(visit, 422, address, Some(problem));
    }
    email_change::request(app, &browser.account, address)?;
    Ok(visit.answer(see_other("/account/security?notice=email")))
}

/// `GET /confirm-email`: with a link, keeps its token; then asks once.
pub async fn show_confirmation(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let visit = Visit::begin(app, incoming)?;
    if let Some(token) = incoming.query("token") {
        return opened(visit, LinkKind::Email, token, CONFIRM);
    }
    let token = kept(&visit, LinkKind::Email)?;
    let address = email_change::look(app, &token).await.map_err(mend)?;
    let texts = &visit.texts().profile;
    let page = ConfirmPage {
        frame: visit.frame(),
        title: texts.confirm_title,
        lead: (texts.confirm_lead)(&address),
        action: CONFIRM,
        token: visit.token(CONFIRM)?,
        submit: texts.confirm,
    };
    let reply = page.reply(200, PageClass::HERE)?;
    Ok(visit.answer(reply))
}

/// `POST /confirm-email`: the address is the account's from now on.
pub async fn confirm(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    visit.form(CONFIRM)?;
    let token = kept(&visit, LinkKind::Email)?;
    let texts = visit.texts();
    match email_change::confirm(app, &token).await {
        Ok(address) => {
            visit.set_cookie(LinkKind::Email.forget());
            let lead = (texts.profile.confirmed_lead)(&address);
            let way = Way::new("/account/security".to_owned(), texts.sign_up.to_account);
            notice(visit, 200, texts.profile.confirmed_title, &lead, way)
        }
        Err(error) if matches!(error.kind(), ErrorKind::Conflict(_)) => {
            let way = Way::new(HERE.to_owned(), texts.profile.email_title);
            let title = texts.failure.link_title;
            notice(visit, 409, title, texts.profile.email_taken, way)
        }
        Err(error) => Err(mend(error)),
    }
}

/// `GET /undo-email`: with a link, keeps its token; then asks once.
pub async fn show_undo(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let visit = Visit::begin(app, incoming)?;
    if let Some(token) = incoming.query("token") {
        return opened(visit, LinkKind::UndoEmail, token, UNDO);
    }
    let token = kept(&visit, LinkKind::UndoEmail)?;
    let address = email_change::look_back(app, &token).await.map_err(mend)?;
    let texts = &visit.texts().profile;
    let page = ConfirmPage {
        frame: visit.frame(),
        title: texts.undo_title,
        lead: (texts.undo_lead)(&address),
        action: UNDO,
        token: visit.token(UNDO)?,
        submit: texts.undo,
    };
    let reply = page.reply(200, PageClass::HERE)?;
    Ok(visit.answer(reply))
}

/// `POST /undo-email`: the former address is the account's again.
pub async fn undo(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    visit.form(UNDO)?;
    let token = kept(&visit, LinkKind::UndoEmail)?;
    let address = email_change::undo(app, &token).await.map_err(mend)?;
    visit.set_cookie(LinkKind::UndoEmail.forget());
    let texts = visit.texts();
    let hint = [("login_hint", address.as_str())];
    let href = visit.walk.on_with("/forgot-password", &hint);
    let way = Way::new(href, texts.password.reset_title);
    let profile = &texts.profile;
    notice(visit, 200, profile.undone_title, profile.undone_lead, way)
}

fn opened(
    mut visit: Visit<'_>,
    kind: LinkKind,
    token: String,
    page: &str,
) -> Result<Reply, PageFailure> {
    let keep = kind.keep(&visit.app.config.data_keys, &Secret::new(token))?;
    visit.set_cookie(keep);
    Ok(visit.answer(see_other(page)))
}

fn kept(visit: &Visit<'_>, kind: LinkKind) -> Result<Secret, PageFailure> {
    let token = kind.read(&visit.app.config.data_keys, visit.incoming)?;
    token.ok_or_else(dead_link)
}

fn mend(error: Error) -> PageFailure {
    match error.kind() {
        ErrorKind::Rejected(_) | ErrorKind::Unauthenticated(_) | ErrorKind::Conflict(_) => {
            dead_link()
        }
        _ => error.into(),
    }
}

fn dead_link() -> PageFailure {
    PageFailure::DeadLink(HERE.to_owned())
}

fn problem(visit: &Visit<'_>, browser: &LiveBrowser, address: &str) -> Option<&'static str> {
    let texts = visit.texts();
    if !is_address(address) {
        return Some(texts.sign_up.no_address);
    }
    let present = browser.account.email.as_deref();
    let is_present = present.is_some_and(|it| canonical_name(it) == canonical_name(address));
    (is_present && browser.account.email_verified).then_some(texts.profile.same_email)
}

fn page(
    visit: Visit<'_>,
    status: u16,
    email: &str,
    problem: Option<&str>,
) -> Result<Reply, PageFailure> {
    let page = EmailPage {
        frame: visit.frame().with_problem(problem),
        shell: visit.shell()?,
        texts: &visit.texts().profile,
        token: visit.token(HERE)?,
        email,
    };
    let reply = page.reply(status, PageClass::Own)?;
    Ok(visit.answer(reply))
}

fn notice(
    visit: Visit<'_>,
    status: u16,
    title: &str,
    lead: &str,
    way: Way,
) -> Result<Reply, PageFailure> {
    let frame = visit.frame();
    let page = NoticePage {
        frame: if status < 400 { frame } else { frame.failed() },
        title,
        lead,
        ways: vec![way],
    };
    let reply = page.reply(status, PageClass::HERE)?;
    Ok(visit.answer(reply))
}
