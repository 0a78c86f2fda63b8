//! The second step of a sign-in that waits for its second factor: to prove one, or to set up the first
//! where there must be one.

use super::browser_cookies::{STEP, cookie};
use super::factor_form::{self, credential, presented, problem};
use super::sign_in_form::form_action;
use super::visit::Visit;
use crate::auth::secret::Secret;
use crate::auth::webauthn::RegistrationCredential;
use crate::edge::app::App;
use crate::edge::flows::factors::at_pages::{self, AtPage, OpenedAs};
use crate::edge::flows::factors::registration::NewCredential;
use crate::error::Error;
use crate::store::pending_step::PendingStep;
use crate::wire::incoming::Incoming;
use crate::wire::pages::ask::Way;
use crate::wire::pages::factor::{FactorForm, FactorPage};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::form::Form;
use crate::wire::pages::{Page, PageClass, device, see_other};
use crate::wire::reply::Reply;

const HERE: &str = "/sign-in/second-step";

/// `GET /sign-in/second-step`: asks for a factor; a browser in which nothing waits signs in first.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    visit.read().await?;
    let Some(token) = cookie(incoming, STEP) else {
        return Ok(visit.walk_to("/sign-in"));
    };
    match at_pages::waiting(app, &token).await? {
        Some(step) => page(app, visit, &token, Some(&step), (200, None)).await,
        None => Ok(visit.walk_to("/sign-in")),
    }
}

/// `POST /sign-in/second-step`: the code or the passkey, and the browser is signed in.
pub async fn submit(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let fields = visit.form(HERE)?;
    let Some(token) = cookie(incoming, STEP) else {
        return Ok(visit.walk_to("/sign-in"));
    };
    let new = credential::<RegistrationCredential>(&fields);
    if let Ok(Some(new)) = new {
        return enrol(app, visit, &fields, &token, &new).await;
    }
    match complete(app, &visit, &fields, &token).await {
        Ok(done) => {
            visit.signed_in(&done.secret, done.is_remembered)?;
            if let Some(device) = &done.trusted {
                visit.is_trusted(device);
            }
            visit.waits_no_more();
            let next = visit.walk.next();
            if done.recovery_codes.is_empty() {
                return Ok(visit.answer(see_other(next)));
            }
            factor_form::codes(visit, &done.recovery_codes, next)
        }
        Err(error) => again(app, visit, &token, error).await,
    }
}

/// The first passkey of whoever must have a factor; the page then asks for it.
async fn enrol(
    app: &App,
    visit: Visit<'_>,
    fields: &Form,
    token: &Secret,
    credential: &RegistrationCredential,
) -> Result<Reply, PageFailure> {
    let name = device::name(visit.app.client_info.user_agent.as_deref());
    let new = NewCredential {
        ceremony: fields.text("ceremony"),
        credential,
        name: name.as_deref(),
    };
    match at_pages::enrol_passkey(app, token, &new).await {
        Ok(codes) => {
            let next = visit.walk.on(HERE);
            factor_form::codes(visit, &codes, next)
        }
        Err(error) => again(app, visit, token, error).await,
    }
}

/// The page again, with what is wrong.
async fn again(
    app: &App,
    mut visit: Visit<'_>,
    token: &Secret,
    error: Error,
) -> Result<Reply, PageFailure> {
    let (status, problem) = problem(visit.texts(), error.clone())?;
    visit.read().await?;
    let step = at_pages::waiting(app, token).await?;
    let what = (status, Some(problem));
    let reply = page(app, visit, token, step.as_ref(), what).await?;
    Ok(reply.with_headers_of(&error))
}

async fn complete(
    app: &App,
    visit: &Visit<'_>,
    fields: &Form,
    token: &Secret,
) -> Result<at_pages::OpenedByFactor, Error> {
    let credential = credential(fields)?;
    let at_page = AtPage {
        presented: presented(fields, credential.as_ref()),
        form_session: &visit.form_session(),
    };
    let former = visit.browser_cookie();
    let opened_as = OpenedAs {
        former: former.as_ref(),
        is_trusted: fields.has("trust"),
    };
    at_pages::complete(app, token, &at_page, &opened_as).await
}

/// The page; a sign-in that waits no more is shown what is wrong, and the way to another.
async fn page(
    app: &App,
    visit: Visit<'_>,
    token: &Secret,
    step: Option<&PendingStep>,
    (status, problem): (u16, Option<String>),
) -> Result<Reply, PageFailure> {
    let texts = visit.texts();
    let (lead, form) = asked(app, &visit, token, step).await?;
    let form_action = form_action(&visit);
    let page = FactorPage {
        frame: visit.frame().with_problem(problem),
        texts: &texts.factors,
        title: texts.sign_in.step_title,
        lead,
        client: visit.client_name(),
        codes: Vec::new(),
        action: visit.walk.on(HERE),
        token: visit.token(HERE)?,
        form,
        providers: Vec::new(),
        way: Way::new(
            visit.walk.on_with("/sign-in", &[("prompt", "login")]),
            texts.sign_in.another,
        ),
    };
    let class = visit.class(PageClass::Walk {
        form_action: form_action.as_deref(),
    });
    let reply = page.reply(status, class)?;
    Ok(visit.answer(reply))
}

/// What the sign-in is asked for, and what stands above it.
async fn asked(
    app: &App,
    visit: &Visit<'_>,
    token: &Secret,
    step: Option<&PendingStep>,
) -> Result<(Vec<&'static str>, FactorForm<'static>), Error> {
    let texts = visit.texts();
    let factors = step.map(|step| step.factors).unwrap_or_default();
    if let Some(step) = step.filter(|_| !factors.any()) {
        let enrolment = at_pages::enrolment(app, token, step, texts.factors.app).await?;
        let form = factor_form::to_set_up(visit, &enrolment, Some("first"))?;
        return Ok((vec![texts.factors.must], form));
    }
    let (lead, form) = factor_form::to_prove(visit, &factors, "second-step");
    let may_trust = true;
    Ok((lead, FactorForm { may_trust, ..form }))
}
