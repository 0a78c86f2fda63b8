//! The pages of the user's own factors, as they look.

use super::factor_form;
use super::visit::Visit;
use crate::auth::browser::LiveBrowser;
use crate::edge::app::App;
use crate::edge::flows::factors::changes;
use crate::edge::flows::factors::holder::Holder;
use crate::error::ErrorKind;
use crate::store::factors as rows;
use crate::wire::incoming::Incoming;
use crate::wire::pages::ask::PasskeyButton;
use crate::wire::pages::factor::{FactorForm, FactorPage};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::{Page, PageClass, device};
use crate::wire::reply::Reply;

/// The list of them.
pub(super) const LIST: &str = "/account/security";

/// What a page is about, by the last part of its path.
pub(super) enum What<'a> {
    /// A passkey to be added.
    NewPasskey,
    /// An authenticator app to be added.
    NewApp,
    /// New recovery codes.
    RecoveryCodes,
    /// The second step, on or off.
    SecondStep(bool),
    /// The factor with this id.
    Factor(&'a str),
}

impl<'a> What<'a> {
    /// What the page of a request is about.
    pub fn of(incoming: &'a Incoming) -> Self {
        match incoming.id() {
            "passkey" => Self::NewPasskey,
            "app" => Self::NewApp,
            "recovery-codes" => Self::RecoveryCodes,
            "second-step" => Self::SecondStep(true),
            "no-second-step" => Self::SecondStep(false),
            id => Self::Factor(id),
        }
    }
}

/// The page, with what is wrong, if anything is.
pub(super) async fn page(
    app: &App,
    visit: Visit<'_>,
    browser: &LiveBrowser,
    problem: Option<String>,
) -> Result<Reply, PageFailure> {
    let all = visit.texts();
    let status = if problem.is_some() { 422 } else { 200 };
    let shown = shown(app, &visit, browser).await?;
    let path = visit.path();
    let must = visit.walk.is_authorization().then_some(all.factors.must);
    let lead = must.into_iter().chain(shown.lead).collect();
    let page = FactorPage {
        frame: visit.frame().with_problem(problem.or(shown.problem)),
        texts: &all.factors,
        title: shown.title,
        lead,
        client: None,
        codes: Vec::new(),
        action: visit.walk.on(&path),
        token: visit.token(&path)?,
        form: FactorForm {
            name: shown.name.as_deref(),
            ..shown.form
        },
        providers: Vec::new(),
        way: visit.back(LIST),
    };
    let reply = page.reply(status, visit.class(PageClass::Own))?;
    Ok(visit.answer(reply))
}

/// What a page shows.
#[derive(Default)]
struct Shown {
    title: &'static str,
    lead: Option<&'static str>,
    name: Option<String>,
    form: FactorForm<'static>,
    problem: Option<String>,
}

async fn shown(app: &App, visit: &Visit<'_>, browser: &LiveBrowser) -> Result<Shown, PageFailure> {
    let holder = Holder::of_browser(app, browser).await?;
    let texts = &visit.texts().factors;
    let ask = |title, lead, submit| Shown {
        title,
        lead: Some(lead),
        form: FactorForm {
            submit: Some(submit),
            ..FactorForm::default()
        },
        ..Shown::default()
    };
    Ok(match What::of(visit.incoming) {
        What::NewPasskey | What::NewApp if !holder.factors.has_room() => Shown {
            title: texts.title,
            problem: Some(texts.full.to_owned()),
            ..Shown::default()
        },
        What::NewPasskey => new_passkey(visit)?,
        What::NewApp => {
            let enrolment = changes::resume_app(app, &holder, texts.app).await?;
            // Whoever was sent here on the way to something else may as well take a passkey.
            let ceremony = visit.walk.get("return_to").map(|_| "new");
            Shown {
                title: texts.add_app,
                form: factor_form::to_set_up(visit, &enrolment, ceremony)?,
                ..Shown::default()
            }
        }
        What::RecoveryCodes | What::SecondStep(_) if !holder.factors.any() => {
            return Err(ErrorKind::NoSuchPath.into());
        }
        What::RecoveryCodes => ask(texts.renew_title, texts.renew_lead, texts.renew),
        What::SecondStep(true) => ask(texts.on_title, texts.step_on, texts.turn_on),
        What::SecondStep(false) => ask(texts.off_title, texts.step_off, texts.turn_off),
        What::Factor(id) => factor(app, visit, &holder, id).await?,
    })
}

fn new_passkey(visit: &Visit<'_>) -> Result<Shown, PageFailure> {
    let texts = &visit.texts().factors;
    if visit.app.config.relying_party.is_none() {
        return Err(ErrorKind::NoSuchPath.into());
    }
    let device = device::name(visit.app.client_info.user_agent.as_deref());
    Ok(Shown {
        title: texts.add_passkey,
        lead: Some(texts.passkey_how),
        name: Some(device.unwrap_or_else(|| texts.passkey.to_owned())),
        form: FactorForm {
            passkey: Some(PasskeyButton {
                ceremony: "new",
                label: texts.add_passkey,
                or: None,
                offers: false,
            }),
            ..FactorForm::default()
        },
        problem: None,
    })
}

async fn factor(
    app: &App,
    visit: &Visit<'_>,
    holder: &Holder<'_>,
    id: &str,
) -> Result<Shown, PageFailure> {
    let all = visit.texts();
    let list = app.db.run(rows::list_of_user(&holder.account.id)).await?;
    let row = list.into_iter().find(|row| row.id.as_str() == id);
    let row = row.ok_or(ErrorKind::NoSuchPath)?;
    Ok(Shown {
        title: match row.backed_up {
            Some(_) => all.factors.passkey,
            None => all.factors.app,
        },
        name: Some(row.name),
        form: FactorForm {
            submit: Some(all.common.save),
            removes: true,
            ..FactorForm::default()
        },
        ..Shown::default()
    })
}
