//! A forgotten password: ask for a link, and choose a new one with it.

use super::problem::problem;
use super::visit::Visit;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::password_reset::{self, NewPassword};
use crate::error::{Error, ErrorKind, Reason};
use crate::store::branding;
use crate::wire::incoming::Incoming;
use crate::wire::pages::ask::{ForgotPasswordPage, NoticePage, ResetPasswordPage, Way};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::link::LinkKind;
use crate::wire::pages::{Page, PageClass, see_other};
use crate::wire::reply::Reply;

const FORGOTTEN: &str = "/forgot-password";
const RESET: &str = "/reset-password";

/// `GET /.well-known/change-password` (W3C, A Well-Known URL for Changing Passwords §3).
#[allow(clippy::unused_async)] // every handler has one shape
pub async fn change_password(_app: &App, _incoming: &Incoming) -> Result<Reply, PageFailure> {
    Ok(see_other("/account/password"))
}

/// `GET /forgot-password`: asks for a name.
pub async fn show_forgotten(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    visit.read().await?;
    if incoming.query("step").as_deref() == Some("sent") {
        return sent(visit);
    }
    let hint = incoming.query("login_hint").unwrap_or_default();
    forgotten_form(visit, 200, &hint, None)
}

/// `POST /forgot-password`: the same answer for whoever is named.
pub async fn ask_for_link(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let fields = visit.form(FORGOTTEN)?;
    visit.read().await?;
    let username = fields.text("username");
    if username.is_empty() {
        let problem = visit.texts().password.no_name;
        return forgotten_form(visit, 422, "", Some(problem));
    }
    let client = visit.client.as_ref().map(|client| client.client.clone());
    password_reset::ask_here(app, client, username)?;
    let next = visit.walk.on_with(FORGOTTEN, &[("step", "sent")]);
    Ok(visit.answer(see_other(next)))
}

/// `GET /reset-password`: with a link, keeps its token; then asks for the new password.
pub async fn show_reset(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    if let Some(token) = incoming.query("token") {
        let keep = LinkKind::Reset.keep(&app.config.data_keys, &Secret::new(token))?;
        visit.set_cookie(keep);
        return Ok(visit.answer(see_other(RESET)));
    }
    if incoming.query("step").as_deref() == Some("done") {
        return done(visit).await;
    }
    let token = LinkKind::Reset.read(&app.config.data_keys, incoming)?;
    let token = token.ok_or_else(dead_link)?;
    let account = password_reset::look(app, &token).await.map_err(mend)?;
    reset_form(visit, 200, &account.username, None)
}

/// `POST /reset-password`: the new password, once.
pub async fn reset(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let fields = visit.form(RESET)?;
    let token = LinkKind::Reset.read(&app.config.data_keys, incoming)?;
    let token = token.ok_or_else(dead_link)?;
    let password = fields.secret("password");
    let origin = visit.origin();
    let new = NewPassword {
        token: &token,
        password: &password,
        device_id: origin.device.as_deref(),
    };
    match password_reset::set_here(app, &new).await {
        Ok(client) => {
            if let Some(client) = client {
                visit.client = app.db.run(branding::by_number(client)).await?;
            }
            visit.set_cookie(LinkKind::Reset.forget());
            let next = visit.of_client().on_with(RESET, &[("step", "done")]);
            Ok(visit.answer(see_other(next)))
        }
        Err(error) => refuse(app, visit, &token, error).await,
    }
}

async fn refuse(
    app: &App,
    visit: Visit<'_>,
    token: &Secret,
    error: Error,
) -> Result<Reply, PageFailure> {
    let Some(problem) = problem(visit.texts(), &error) else {
        return Err(mend(error));
    };
    let account = password_reset::look(app, token).await.map_err(mend)?;
    reset_form(visit, 422, &account.username, Some(&problem))
}

/// A link that is of no use leads to a new one.
fn mend(error: Error) -> PageFailure {
    match error.kind() {
        ErrorKind::Rejected(Reason::ExternalUser) => error.into(),
        ErrorKind::Rejected(_) | ErrorKind::Unauthenticated(_) => dead_link(),
        _ => error.into(),
    }
}

fn dead_link() -> PageFailure {
    PageFailure::DeadLink(FORGOTTEN.to_owned())
}

fn forgotten_form(
    visit: Visit<'_>,
    status: u16,
    username: &str,
    problem: Option<&str>,
) -> Result<Reply, PageFailure> {
    let page = ForgotPasswordPage {
        frame: visit.frame().with_problem(problem),
        texts: &visit.texts().password,
        action: visit.walk.on(FORGOTTEN),
        token: visit.token(FORGOTTEN)?,
        username,
        sign_in: visit.walk.on("/sign-in"),
    };
    let reply = page.reply(status, PageClass::HERE)?;
    Ok(visit.answer(reply))
}

fn sent(visit: Visit<'_>) -> Result<Reply, PageFailure> {
    let texts = &visit.texts().password;
    let page = NoticePage {
        frame: visit.frame(),
        title: texts.sent_title,
        lead: texts.sent_lead,
        ways: vec![Way::new(
            visit.walk.on("/sign-in"),
            visit.texts().common.back,
        )],
    };
    let reply = page.reply(200, PageClass::HERE)?;
    Ok(visit.answer(reply))
}

fn reset_form(
    visit: Visit<'_>,
    status: u16,
    username: &str,
    problem: Option<&str>,
) -> Result<Reply, PageFailure> {
    let page = ResetPasswordPage {
        frame: visit.frame().with_problem(problem),
        passwords: &visit.texts().password,
        token: visit.token(RESET)?,
        username,
        least: visit.app.config.password_min_length,
    };
    let reply = page.reply(status, PageClass::HERE)?;
    Ok(visit.answer(reply))
}

async fn done(mut visit: Visit<'_>) -> Result<Reply, PageFailure> {
    visit.read().await?;
    let texts = &visit.texts().password;
    // An app begins its own sign-in; where its home is not known, our page is the way.
    let ours = || Way::new("/sign-in".to_owned(), visit.texts().sign_in.title);
    let page = NoticePage {
        frame: visit.frame(),
        title: texts.done_title,
        lead: texts.done_lead,
        ways: vec![visit.home().unwrap_or_else(ours)],
    };
    let reply = page.reply(200, PageClass::HERE)?;
    Ok(visit.answer(reply))
}
