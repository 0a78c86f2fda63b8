//! Signing in, and going on as who is signed in already.

use super::client_request::{ClientRequest, cancel, go_on};
use super::visit::Visit;
use crate::auth::account::Status;
use crate::auth::browser::LiveBrowser;
use crate::auth::redirect_url::RedirectUrl;
use crate::edge::app::App;
use crate::edge::flows::browsers::{self, BrowserSignIn, Opened};
use crate::edge::flows::credentials::{self, AuthenticatedUser, PasswordCredentials};
use crate::error::{Error, Reason};
use crate::wire::incoming::Incoming;
use crate::wire::pages::ask::{ChoosePage, SignInPage};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::form::Form;
use crate::wire::pages::{Page, PageClass, see_other};
use crate::wire::reply::Reply;
use crate::wire::texts::SignIn;

const HERE: &str = "/sign-in";

/// `GET /sign-in`: the form; who is signed in already goes on, to a client with a code.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let browser = visit.read().await?;
    let request = ClientRequest::of(&visit)?;
    let prompt = incoming.query("prompt");
    let Some(browser) = browser.filter(|_| prompt.as_deref() != Some("login")) else {
        let hint = incoming.query("login_hint").unwrap_or_default();
        return form(visit, 200, &hint, false, None);
    };
    if prompt.as_deref() == Some("select_account") || incoming.is_speculative() {
        return chooser(visit, &browser);
    }
    if browser.account.status() == Some(Status::PasswordChangeNeeded) {
        return Ok(visit.walk_to("/account/password"));
    }
    match request {
        Some(request) => go_on(app, visit, request, browser).await,
        None => {
            let next = visit.walk.next();
            Ok(visit.answer(see_other(next)))
        }
    }
}

/// `GET /select-account`: to go on, or to be somebody else.
pub async fn choose(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    match visit.read().await? {
        Some(browser) => chooser(visit, &browser),
        None => Ok(visit.walk_to(HERE)),
    }
}

/// `POST /sign-in`: a name and a password, or Cancel.
pub async fn submit(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let fields = Form::read(incoming)?;
    if !visit.is_ours(&fields, HERE)? {
        visit.read().await?;
        let problem = visit.texts().sign_in.form_expired;
        return form(
            visit,
            403,
            fields.text("username"),
            fields.has("keep"),
            Some(problem.to_owned()),
        );
    }
    if fields.has("cancel") {
        return cancel(visit).await;
    }
    let mut origin = visit.origin();
    origin.device = Some(visit.device()?);
    let password = fields.secret("password");
    let person = PasswordCredentials {
        username: fields.text("username"),
        password: &password,
        origin: &origin,
    };
    let client_id = visit.walk.client_id();
    match credentials::sign_in_here(app, client_id.as_ref(), &person).await {
        Ok(person) => signed_in(app, visit, &fields, &person).await,
        Err(error) => refuse(visit, &fields, error).await,
    }
}

/// A browser that has signed in goes on; one that needs a second step to that first.
async fn signed_in(
    app: &App,
    mut visit: Visit<'_>,
    fields: &Form,
    person: &AuthenticatedUser,
) -> Result<Reply, PageFailure> {
    let is_remembered = fields.has("keep");
    let (former, trusted) = (visit.browser_cookie(), visit.trusted_device());
    let sign_in = BrowserSignIn {
        form_session: &visit.form_session(),
        former: former.as_ref(),
        is_remembered,
        trusted: trusted.as_deref(),
    };
    let opened = match browsers::open(app, person, &sign_in).await {
        Ok(opened) => opened,
        Err(error) => return refuse(visit, fields, error).await,
    };
    let next = match opened {
        Opened::Browser(secret) => {
            visit.signed_in(&secret, is_remembered)?;
            visit.walk.next()
        }
        Opened::Waits(token) => visit.waits(&token),
    };
    Ok(visit.answer(see_other(next)))
}

/// Shows the form again, with what was typed but for the password.
async fn refuse(mut visit: Visit<'_>, fields: &Form, error: Error) -> Result<Reply, PageFailure> {
    if error.is_server_error() {
        return Err(error.into());
    }
    visit.read().await?;
    let texts = &visit.texts().sign_in;
    let client = visit.client_name().unwrap_or_default();
    let problem = problem(texts, client, &error);
    let status = if matches!(error, Error::TooMany(_)) {
        429
    } else {
        422
    };
    let reply = form(
        visit,
        status,
        fields.text("username"),
        fields.has("keep"),
        Some(problem),
    )?;
    Ok(reply.with_headers_of(&error))
}

fn problem(texts: &SignIn, client: &str, error: &Error) -> String {
    match error {
        Error::TooMany(seconds) => (texts.too_many)(&seconds.div_ceil(60).to_string()),
        Error::Unauthenticated(Reason::MissingCredentials) => texts.missing.to_owned(),
        Error::Rejected(Reason::NoSecondFactor) => texts.step_none.to_owned(),
        Error::Rejected(Reason::UserNotActive) => texts.not_active.to_owned(),
        Error::Rejected(Reason::ClientInvalid | Reason::ClientUserMissing) => {
            (texts.not_admitted)(client)
        }
        _ => texts.wrong.to_owned(),
    }
}

fn form(
    visit: Visit<'_>,
    status: u16,
    username: &str,
    is_kept: bool,
    problem: Option<String>,
) -> Result<Reply, PageFailure> {
    let (app, walk) = (visit.app, &visit.walk);
    let form_action = form_action(&visit);
    let page = SignInPage {
        frame: visit.frame().with_problem(problem),
        texts: &visit.texts().sign_in,
        client: visit.client_name(),
        action: walk.on(HERE),
        token: visit.token(HERE)?,
        username,
        is_kept,
        forgotten: walk.on("/forgot-password"),
        sign_up: app.config.sign_up.as_ref().map(|_| walk.on("/sign-up")),
        providers: visit.providers(HERE),
    };
    let class = PageClass::Walk {
        form_action: form_action.as_deref(),
    };
    let reply = page.reply(status, class)?;
    Ok(visit.answer(reply))
}

fn chooser(visit: Visit<'_>, browser: &LiveBrowser) -> Result<Reply, PageFailure> {
    let page = ChoosePage {
        frame: visit.frame(),
        texts: &visit.texts().sign_in,
        client: visit.client_name(),
        name: &browser.account.username,
        go_on: visit.walk.next(),
        another: visit.walk.on_with(HERE, &[("prompt", "login")]),
    };
    let reply = page.reply(200, PageClass::HERE)?;
    Ok(visit.answer(reply))
}

/// Where the answer to a form may lead besides to us: to the client that the walk ends at.
pub(super) fn form_action(visit: &Visit<'_>) -> Option<String> {
    let url = visit.client.as_ref()?.client.redirect_url.as_deref()?;
    Some(RedirectUrl::parse(url)?.form_action())
}
