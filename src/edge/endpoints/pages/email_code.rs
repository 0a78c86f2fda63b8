//! Signing in by a code that is mailed, in the place of the password (`EMAIL_CODES`).

use super::sign_in::signed_in;
use super::sign_in_form::form_action;
use super::visit::Visit;
use crate::edge::app::App;
use crate::edge::flows::credentials::{self, AuthenticatedUser, MailedCode};
use crate::edge::flows::email_codes;
use crate::error::{Error, ErrorKind, Reason};
use crate::wire::incoming::Incoming;
use crate::wire::pages::ask::Way;
use crate::wire::pages::factor::{FactorForm, FactorPage};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::form::Form;
use crate::wire::pages::{Page, PageClass};
use crate::wire::reply::Reply;
use crate::wire::texts::Texts;

const HERE: &str = "/sign-in/code";

/// `GET /sign-in/code`: asks for a name.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    if !app.config.email_codes {
        return Err(ErrorKind::NoSuchPath.into());
    }
    visit.read().await?;
    let hint = incoming.query("login_hint").unwrap_or_default();
    page(visit, &hint, false, (200, None))
}

/// `POST /sign-in/code`: sends a code, with the same answer for whoever is named; or takes it.
pub async fn submit(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let fields = visit.form(HERE)?;
    let username = fields.text("username");
    if fields.has("code") {
        return match verify(app, &mut visit, &fields).await {
            Ok(person) => signed_in(app, visit, &fields, &person).await,
            Err(error) => refuse(visit, username, error).await,
        };
    }
    visit.read().await?;
    let client = visit.client.as_ref();
    let client = client.filter(|_| visit.walk.admitting_client_id().is_some());
    let client = client.map(|client| client.client.clone());
    email_codes::ask_here(app, client, username, &visit.form_session())?;
    page(visit, username, true, (200, None))
}

async fn verify(
    app: &App,
    visit: &mut Visit<'_>,
    fields: &Form,
) -> Result<AuthenticatedUser, Error> {
    if !app.config.email_codes {
        return Err(ErrorKind::NotConfigured("EMAIL_CODES").into());
    }
    let mut origin = visit.origin();
    origin.device = Some(visit.device()?);
    let client_id = visit.walk.admitting_client_id();
    let given = MailedCode {
        client_id: client_id.as_ref(),
        asker: &visit.form_session(),
        username: fields.text("username"),
        code: &fields.secret("code"),
        origin: &origin,
    };
    credentials::sign_in_here_by_mailed_code(app, &given).await
}

async fn refuse(mut visit: Visit<'_>, username: &str, error: Error) -> Result<Reply, PageFailure> {
    let (status, problem) = problem(visit.texts(), error.clone())?;
    visit.read().await?;
    let reply = page(visit, username, true, (status, Some(problem)))?;
    Ok(reply.with_headers_of(&error))
}

fn problem(texts: &Texts, error: Error) -> Result<(u16, String), PageFailure> {
    match error.kind() {
        ErrorKind::Rejected(Reason::SecondFactorWrong) => {
            Ok((422, texts.factors.mail_wrong.to_owned()))
        }
        ErrorKind::TooMany(seconds) => {
            let minutes = seconds.div_ceil(60).to_string();
            Ok((429, (texts.sign_in.too_many)(&minutes)))
        }
        _ => Err(error.into()),
    }
}

/// The page: it asks for a name, or for the code that was sent to it.
fn page(
    visit: Visit<'_>,
    username: &str,
    was_sent: bool,
    (status, problem): (u16, Option<String>),
) -> Result<Reply, PageFailure> {
    let texts = visit.texts();
    let factors = &texts.factors;
    let (lead, submit) = match was_sent {
        true => (factors.mail_sent, texts.account.proof_submit),
        false => (factors.mail_lead, factors.mail_send),
    };
    let form_action = form_action(&visit);
    let page = FactorPage {
        frame: visit.frame().with_problem(problem),
        texts: factors,
        title: factors.mail_title,
        lead: vec![lead],
        client: visit.client_name(),
        codes: Vec::new(),
        action: visit.walk.on(HERE),
        token: visit.token(HERE)?,
        form: FactorForm {
            asks_name: (!was_sent).then_some(username),
            named: was_sent.then_some(username),
            asks_code: was_sent,
            submit: Some(submit),
            ..FactorForm::default()
        },
        providers: Vec::new(),
        way: Way::new(visit.walk.on("/sign-in"), texts.common.back),
    };
    let class = visit.class(PageClass::Walk {
        form_action: form_action.as_deref(),
    });
    let reply = page.reply(status, class)?;
    Ok(visit.answer(reply))
}
