//! The page that asks for something to be done, and the one that shows secrets afterwards.

use serde_json::Value;

use super::blank::blank;
use super::desk::Desk;
use super::fields::{Asked, fields};
use super::row;
use crate::wire::pages::admin::page::{AdminPage, FormView};
use crate::wire::pages::admin::path;
use crate::wire::pages::admin::problem::Refusal;
use crate::wire::pages::admin::screen::{Screen, Step, To};
use crate::wire::pages::admin::value::{Shown, text};
use crate::wire::pages::ask::Way;
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::form::Form;
use crate::wire::pages::{Page, PageClass};
use crate::wire::reply::Reply;
use crate::wire::texts::Label;

/// The page that shows secrets, this once.
pub fn secrets(
    desk: Desk<'_>,
    screen: &'static Screen,
    step: &'static Step,
    answer: &Value,
    drawn: Vec<(Label, String)>,
) -> Result<Reply, PageFailure> {
    let locale = desk.locale();
    let name = answer
        .get("clientId")
        .map(|name| (Label::Name, text(name, locale)));
    let facts = name
        .into_iter()
        .chain(drawn)
        .map(|(label, text)| (label.of(locale), Shown { text, tone: None }));
    let page = AdminPage {
        up: Some(Way::new(path::page(desk.path), screen.title.of(locale))),
        facts: facts.collect(),
        lead: Label::SecretsLead.of(locale).to_owned(),
        ..blank(&desk, screen, step.label.of(locale).to_owned(), None)?
    };
    let reply = page.reply(200, PageClass::Own)?;
    Ok(desk.visit.answer(reply))
}

/// The page of a step, with what was typed and what is wrong, if anything is.
pub async fn page(
    desk: Desk<'_>,
    screen: &'static Screen,
    step: &'static Step,
    asked: &Asked,
    form: Option<&Form>,
    refusal: Option<&Refusal>,
) -> Result<Reply, PageFailure> {
    let locale = desk.locale();
    let fields = fields(&desk, screen, step, asked, form, refusal).await;
    let name = match step.to {
        To::List => screen.title.of(locale).to_owned(),
        _ => row::title(screen, &asked.row, locale),
    };
    let problem = refusal.map(|refusal| refusal.problem(locale));
    let page = AdminPage {
        up: Some(Way::new(path::page(desk.path), &name)),
        lead: step.lead.of(locale).to_owned(),
        form: Some(FormView {
            action: desk.address(),
            token: desk.visit.token(&step.action())?,
            fields,
            submit: step.label.of(locale),
            is_danger: step.is_danger,
            cancel: path::page(desk.path),
        }),
        ..blank(&desk, screen, step.label.of(locale).to_owned(), problem)?
    };
    let status = refusal.map_or(200, |refusal| refusal.status);
    let reply = page.reply(status, PageClass::Own)?;
    Ok(desk.visit.answer(reply))
}
