//! Signing in, and going on as who is signed in already.

use super::client_request::{ClientRequest, cancel, go_on};
use super::factor_form::credential;
use super::sign_in_form::{Shown, form, refuse};
use super::visit::Visit;
use crate::auth::account::Status;
use crate::auth::browser::LiveBrowser;
use crate::auth::oauth::authorization::interaction::SELECTED;
use crate::auth::webauthn::AssertionCredential;
use crate::edge::app::App;
use crate::edge::flows::browsers::{self, BrowserSignIn, Opened};
use crate::edge::flows::credentials::{self, AuthenticatedUser, PasswordCredentials};
use crate::edge::flows::factors::passkeys::Answer;
use crate::edge::flows::factors::passkeys_at_pages;
use crate::wire::incoming::Incoming;
use crate::wire::pages::ask::ChoosePage;
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::form::Form;
use crate::wire::pages::{Page, PageClass, see_other};
use crate::wire::reply::Reply;

const HERE: &str = "/sign-in";

/// `GET /sign-in`: the form; who is signed in already goes on, to a client with a code.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let browser = visit.read().await?;
    let request = ClientRequest::of(&visit)?;
    let prompt = incoming.query("prompt");
    let Some(browser) = browser.filter(|_| prompt.as_deref() != Some("login")) else {
        let hint = incoming.query("login_hint").unwrap_or_default();
        return form(visit, 200, Shown::first(&hint));
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

/// `POST /sign-in`: a name and a password, a passkey, or Cancel.
pub async fn submit(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let fields = Form::read(incoming)?;
    if !visit.is_ours(&fields, HERE)? {
        visit.read().await?;
        let problem = visit.texts().sign_in.form_expired;
        return form(visit, 403, Shown::again(&fields, problem.to_owned()));
    }
    if fields.has("cancel") {
        return cancel(visit).await;
    }
    match credential(&fields) {
        Ok(None) => {}
        Ok(Some(credential)) => return by_passkey(app, visit, &fields, &credential).await,
        Err(error) => return refuse(visit, &fields, error).await,
    }
    let mut origin = visit.origin();
    origin.device = Some(visit.device()?);
    let password = fields.secret("password");
    let person = PasswordCredentials {
        username: fields.text("username"),
        password: &password,
        origin: &origin,
    };
    let client_id = visit.walk.admitting_client_id();
    match credentials::sign_in_here(app, client_id.as_ref(), &person).await {
        Ok(person) => signed_in(app, visit, &fields, &person).await,
        Err(error) => refuse(visit, &fields, error).await,
    }
}

/// Signs in by a passkey alone.
async fn by_passkey(
    app: &App,
    visit: Visit<'_>,
    fields: &Form,
    credential: &AssertionCredential,
) -> Result<Reply, PageFailure> {
    let answer = Answer {
        id: fields.text("ceremony"),
        credential,
    };
    let (client_id, form_session) = (visit.walk.admitting_client_id(), visit.form_session());
    let client_id = client_id.as_ref();
    let person = passkeys_at_pages::sign_in(app, client_id, &answer, &form_session).await;
    match person {
        Ok(person) => signed_in(app, visit, fields, &person).await,
        Err(error) => refuse(visit, fields, error).await,
    }
}

/// A browser that has signed in goes on; one that needs a second step to that first.
pub(super) async fn signed_in(
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

fn chooser(visit: Visit<'_>, browser: &LiveBrowser) -> Result<Reply, PageFailure> {
    let page = ChoosePage {
        frame: visit.frame(),
        texts: &visit.texts().sign_in,
        client: visit.client_name(),
        name: &browser.account.username,
        go_on: visit.walk.next_after(SELECTED),
        another: visit.walk.on_with(HERE, &[("prompt", "login")]),
    };
    let reply = page.reply(200, PageClass::HERE)?;
    Ok(visit.answer(reply))
}
