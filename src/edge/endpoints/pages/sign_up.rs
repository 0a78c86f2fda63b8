//! Signing up: ask for an invitation, and make the account with it.

use super::problem::problem;
use super::sign_up_end::{done, enter, sent};
use super::visit::Visit;
use crate::auth::address::is_address;
use crate::auth::profile::Profile;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::sign_up::{self, Application, Asked, Invitation};
use crate::error::{Error, ErrorKind};
use crate::wire::incoming::Incoming;
use crate::wire::pages::ask::{FinishSignUpPage, NoticePage, SignUpPage, Way};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::form::Form;
use crate::wire::pages::link::LinkKind;
use crate::wire::pages::{Page, PageClass, see_other};
use crate::wire::reply::Reply;

const HERE: &str = "/sign-up";

/// `GET /sign-up`: asks for an address; with a link, keeps its token and makes the account.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    if let Some(token) = incoming.query("token") {
        let keep = LinkKind::SignUp.keep(&app.config.data_keys, &Secret::new(token))?;
        visit.set_cookie(keep);
        return Ok(visit.answer(see_other(HERE)));
    }
    match incoming.query("step").as_deref() {
        Some("sent") => return sent(visit).await,
        Some("done") => return done(visit).await,
        // The former link is of no use any more.
        Some("again") => {
            visit.set_cookie(LinkKind::SignUp.forget());
            visit.read().await?;
            return ask_form(visit, 200, "", None);
        }
        _ => {}
    }
    match LinkKind::SignUp.read(&app.config.data_keys, incoming)? {
        Some(token) => {
            let invitation = look(app, &mut visit, &token).await?;
            let profile = &invitation.profile;
            let (first, last) = (profile.first_name.as_deref(), profile.last_name.as_deref());
            let names = (first.unwrap_or_default(), last.unwrap_or_default());
            finish_form(visit, 200, &invitation.address, names, None)
        }
        None => {
            visit.read().await?;
            ask_form(visit, 200, "", None)
        }
    }
}

/// `POST /sign-up`: an address, or the account.
pub async fn submit(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let visit = Visit::begin(app, incoming)?;
    let fields = visit.form(HERE)?;
    match LinkKind::SignUp.read(&app.config.data_keys, incoming)? {
        Some(token) if fields.has("password") => finish(app, visit, &fields, &token).await,
        _ => ask(app, visit, &fields).await,
    }
}

async fn ask(app: &App, mut visit: Visit<'_>, fields: &Form) -> Result<Reply, PageFailure> {
    visit.read().await?;
    let address = fields.text("email");
    if !is_address(address) {
        let problem = visit.texts().sign_up.no_address;
        return ask_form(visit, 422, address, Some(problem));
    }
    let asked = Asked {
        profile: Profile::default(),
        client: visit.client.as_ref().map(|client| client.client.id),
        locale: Some(visit.locale()),
    };
    sign_up::ask_here(app, address, asked)?;
    let next = visit.walk.on_with(HERE, &[("step", "sent")]);
    Ok(visit.answer(see_other(next)))
}

/// Makes the account, and signs its browser in.
async fn finish(
    app: &App,
    mut visit: Visit<'_>,
    fields: &Form,
    token: &Secret,
) -> Result<Reply, PageFailure> {
    let invitation = look(app, &mut visit, token).await?;
    let password = fields.secret("password");
    let application = Application {
        email: &invitation.address,
        password: &password,
        profile: Profile {
            first_name: fields.optional("first_name"),
            last_name: fields.optional("last_name"),
            locale: Some(visit.locale().tag().to_owned()),
            ..Profile::default()
        },
    };
    let person = match sign_up::create_here(app, token, application).await {
        Ok(person) => person,
        Err(error) => return refuse(visit, fields, &invitation, error),
    };
    enter(app, visit, &person).await
}

fn refuse(
    visit: Visit<'_>,
    fields: &Form,
    invitation: &Invitation,
    error: Error,
) -> Result<Reply, PageFailure> {
    let problem = problem(visit.texts(), &error);
    let Some(problem) = problem else {
        return Err(dead_link(&visit, error));
    };
    let names = (fields.text("first_name"), fields.text("last_name"));
    finish_form(visit, 422, &invitation.address, names, Some(&problem))
}

/// Looks at the invitation of a link, and at the client that it was asked for.
async fn look(app: &App, visit: &mut Visit<'_>, token: &Secret) -> Result<Invitation, PageFailure> {
    let invitation = sign_up::look(app, token).await;
    let (invitation, client) = invitation.map_err(|error| dead_link(visit, error))?;
    visit.client = client;
    Ok(invitation)
}

fn dead_link(visit: &Visit<'_>, error: Error) -> PageFailure {
    match error.kind() {
        ErrorKind::Unauthenticated(_) | ErrorKind::Rejected(_) => {
            PageFailure::DeadLink(visit.walk.on_with(HERE, &[("step", "again")]))
        }
        _ => error.into(),
    }
}

fn ask_form(
    visit: Visit<'_>,
    status: u16,
    email: &str,
    problem: Option<&str>,
) -> Result<Reply, PageFailure> {
    let texts = &visit.texts().sign_up;
    if visit.app.config.sign_up.is_none() {
        let page = NoticePage {
            frame: visit.frame(),
            title: texts.closed_title,
            lead: texts.closed_lead,
            ways: vec![Way::new(
                visit.walk.on("/sign-in"),
                visit.texts().sign_in.title,
            )],
        };
        let reply = page.reply(403, PageClass::HERE)?;
        return Ok(visit.answer(reply));
    }
    let social = &visit.app.config.social;
    let makes_accounts = !social.policy.sign_up.is_empty();
    let page = SignUpPage {
        frame: visit.frame().with_problem(problem),
        texts,
        action: visit.walk.on(HERE),
        token: visit.token(HERE)?,
        email,
        sign_in: visit.walk.on("/sign-in"),
        providers: if makes_accounts {
            visit.providers("/sign-in")
        } else {
            Vec::new()
        },
    };
    let reply = page.reply(status, PageClass::HERE)?;
    Ok(visit.answer(reply))
}

fn finish_form(
    visit: Visit<'_>,
    status: u16,
    email: &str,
    (first_name, last_name): (&str, &str),
    problem: Option<&str>,
) -> Result<Reply, PageFailure> {
    let page = FinishSignUpPage {
        frame: visit.frame().with_problem(problem),
        texts: &visit.texts().sign_up,
        passwords: &visit.texts().password,
        token: visit.token(HERE)?,
        email,
        first_name,
        last_name,
        least: visit.app.config.password_min_length,
    };
    let reply = page.reply(status, PageClass::HERE)?;
    Ok(visit.answer(reply))
}
