//! A fresh proof that the user is there, before what needs one.

use super::factor_form::{self, credential, presented};
use super::visit::Visit;
use crate::auth::browser::LiveBrowser;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::factors::at_pages::AtPage;
use crate::edge::flows::factors::proof_at_pages;
use crate::edge::flows::own_account;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::factors;
use crate::wire::incoming::Incoming;
use crate::wire::pages::factor::{FactorForm, FactorPage};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::form::Form;
use crate::wire::pages::{Page, PageClass, see_other};
use crate::wire::reply::Reply;

const HERE: &str = "/account/proof";

/// `GET /account/proof`.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let browser = visit.own().await?;
    page(app, visit, &browser, (200, None)).await
}

/// `POST /account/proof`: the password; a code or a passkey of whoever has a factor.
pub async fn submit(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let fields = visit.form(HERE)?;
    let browser = visit.own().await?;
    let error = match prove(app, &mut visit, &fields, &browser).await {
        Ok(secret) => {
            visit.signed_in(&secret, browser.is_remembered)?;
            let next = visit.walk.next();
            return Ok(visit.answer(see_other(next)));
        }
        Err(error) => error,
    };
    let texts = visit.texts();
    let (status, problem) = match error.kind() {
        ErrorKind::Rejected(Reason::IncorrectPassword) => {
            (422, texts.account.proof_wrong.to_owned())
        }
        _ => factor_form::problem(texts, error.clone())?,
    };
    let reply = page(app, visit, &browser, (status, Some(problem))).await?;
    Ok(reply.with_headers_of(&error))
}

async fn prove(
    app: &App,
    visit: &mut Visit<'_>,
    fields: &Form,
    browser: &LiveBrowser,
) -> Result<Secret, Error> {
    let form_session = visit.form_session();
    if browser.has_factor {
        let credential = credential(fields)?;
        let at_page = AtPage {
            presented: presented(fields, credential.as_ref()),
            form_session: &form_session,
        };
        return proof_at_pages::raise(app, browser, &at_page).await;
    }
    let mut origin = visit.origin();
    origin.device = Some(visit.device()?);
    let password = fields.secret("password");
    own_account::prove(app, browser, &password, &origin, &form_session).await
}

async fn page(
    app: &App,
    visit: Visit<'_>,
    browser: &LiveBrowser,
    (status, problem): (u16, Option<String>),
) -> Result<Reply, PageFailure> {
    let texts = visit.texts();
    let (mut lead, form) = if browser.has_factor {
        let factors = app.db.run(factors::of_user(&browser.account.id)).await?;
        factor_form::to_prove(&visit, &factors, "proof")
    } else {
        let has_password = browser.password_changed_on.is_some();
        let form = FactorForm {
            password_of: has_password.then_some(browser.account.username.as_str()),
            submit: has_password.then_some(texts.account.proof_submit),
            ..FactorForm::default()
        };
        (Vec::new(), form)
    };
    lead.insert(0, texts.account.proof_lead);
    let page = FactorPage {
        frame: visit.frame().with_problem(problem),
        texts: &texts.factors,
        title: texts.account.proof_title,
        lead,
        client: None,
        codes: Vec::new(),
        action: visit.walk.on(HERE),
        token: visit.token(HERE)?,
        form,
        providers: match browser.has_factor {
            true => Vec::new(),
            false => visit.providers(HERE),
        },
        way: visit.back("/account"),
    };
    let reply = page.reply(status, visit.class(PageClass::Own))?;
    Ok(visit.answer(reply))
}
