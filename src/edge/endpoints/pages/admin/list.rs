//! A list.

use futures_util::future::join;
use serde_json::Value;

use super::blank::blank;
use super::desk::Desk;
use super::rows::{Leading, find, table};
use crate::wire::incoming::Method;
use crate::wire::pages::admin::filter::Question;
use crate::wire::pages::admin::page::{AdminPage, Filters};
use crate::wire::pages::admin::path;
use crate::wire::pages::admin::screen::{List, Screen, Step, To};
use crate::wire::pages::ask::Way;
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::{Page, PageClass};
use crate::wire::reply::Reply;
use crate::wire::texts::{Label, Locale};

/// The list of a screen.
pub async fn show(desk: Desk<'_>, screen: &'static Screen) -> Result<Reply, PageFailure> {
    let question = Question::of(desk.visit.incoming, &screen.list);
    let rows = find(&desk, &screen.list, &question, &Value::Null);
    let (found, tenant) = join(rows, other_tenant(&desk, screen)).await;
    let (found, problem) = match found {
        Ok(found) => (Some(found), None),
        // The question can be mended.
        Err(refusal) if refusal.status == 400 => (None, Some(refusal.problem(desk.locale()))),
        Err(refusal) => return Err(desk.failure(&refusal)),
    };
    let here = path::page(desk.path);
    let leading = Leading {
        below: Some(&here),
        step: None,
    };
    let locale = desk.locale();
    let status = if problem.is_some() { 400 } else { 200 };
    let tables = found.map(|found| {
        let mut table = table(
            &desk,
            (screen.title, &screen.list),
            &question,
            &found,
            &leading,
        );
        table.has_title = false;
        table
    });
    let steps = screen.steps.iter();
    let steps = steps.filter(|step| step.to == To::List && step.is_for(desk.held()));
    let way = |step: &Step| Way::new(format!("{here}?step={}", step.name), step.label.of(locale));
    let title = screen.title.of(locale).to_owned();
    let page = AdminPage {
        lead: tenant.unwrap_or_default(),
        ways: steps.map(way).collect(),
        filters: filters(&screen.list, &question, here.clone(), locale),
        tables: tables.into_iter().collect(),
        ..blank(&desk, screen, title, problem)?
    };
    let reply = page.reply(status, PageClass::Own)?;
    Ok(desk.visit.answer(reply))
}

/// The name of the tenant of a list that is not the administrator's own.
async fn other_tenant(desk: &Desk<'_>, screen: &Screen) -> Option<String> {
    let is_of_tenant = screen.path.contains("{}");
    let tenant = desk
        .path
        .get(1)
        .filter(|tenant| is_of_tenant && *tenant != desk.tenant())?;
    let segments = vec!["tenants".to_owned(), tenant.clone()];
    let row = desk.ask(Method::Get, segments, &[], None).await.ok()?;
    Some(row.get("name")?.as_str()?.to_owned())
}

fn filters(list: &List, question: &Question, action: String, locale: Locale) -> Option<Filters> {
    let columns = list.search.iter().map(|search| {
        let is_chosen = search.property == question.column;
        (search.property, search.label.of(locale), is_chosen)
    });
    let choice = list.choice.map(|choice| {
        let any = ("", Label::Any.of(locale), question.choice.is_empty());
        let options = choice.options.iter();
        let options =
            options.map(|(name, label, _)| (*name, label.of(locale), *name == question.choice));
        (
            choice.label.of(locale),
            [any].into_iter().chain(options).collect(),
        )
    });
    let is_any = !list.search.is_empty() || choice.is_some();
    is_any.then(|| Filters {
        action,
        text: question.text.clone(),
        columns: columns.collect(),
        choice,
    })
}
