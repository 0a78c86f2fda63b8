//! The page of a row: what is stored of it, what belongs to it, what can be done.

use serde_json::{Value, json};

use super::blank::blank;
use super::cards::cards;
use super::desk::Desk;
use crate::error::ErrorKind;
use crate::wire::incoming::Method;
use crate::wire::pages::admin::page::AdminPage;
use crate::wire::pages::admin::path;
use crate::wire::pages::admin::screen::{Screen, Step, To};
use crate::wire::pages::admin::value::{name, shown, text};
use crate::wire::pages::ask::Way;
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::{Page, PageClass};
use crate::wire::reply::Reply;
use crate::wire::texts::{Label, Locale};

/// The row of the path.
pub async fn find(desk: &Desk<'_>, screen: &Screen) -> Result<Value, PageFailure> {
    let list = &screen.list;
    if let Some(one) = list.one {
        let row = desk.ask(Method::Get, desk.segments(one, &Value::Null), &[], None);
        return row.await.map_err(|refusal| desk.failure(&refusal));
    }
    let id = desk.path.last().map_or("", String::as_str);
    let filter = json!({ "where": { list.id: id }, "limit": 1 });
    let segments = desk.segments(list.api, &Value::Null);
    let filter = [("filter", filter.to_string())];
    let rows = desk.ask(Method::Get, segments, &filter, None);
    let rows = rows.await.map_err(|refusal| desk.failure(&refusal))?;
    let row = rows.get(0).cloned();
    row.ok_or_else(|| ErrorKind::NoSuchPath.into())
}

/// The page of a row.
pub async fn show(desk: Desk<'_>, screen: &'static Screen) -> Result<Reply, PageFailure> {
    let row = find(&desk, screen).await?;
    let tables = cards(&desk, screen, &row).await?;
    let locale = desk.locale();
    let (ways, dangers) = ways(&desk, screen, &row);
    let facts = screen.facts.iter().map(|fact| {
        let value = shown(&row, fact.property, fact.how, locale);
        (fact.label.of(locale), value)
    });
    let page = AdminPage {
        up: Some(up(&desk, screen)),
        ways,
        dangers,
        facts: facts.collect(),
        tables,
        ..blank(&desk, screen, title(screen, &row, locale), None)?
    };
    let reply = page.reply(200, PageClass::Own)?;
    Ok(desk.visit.answer(reply))
}

/// Everything that is stored of a person, as a file.
pub async fn export(desk: Desk<'_>, screen: &'static Screen) -> Result<Reply, PageFailure> {
    if screen.step("erase").is_none() {
        return Err(ErrorKind::NoSuchPath.into());
    }
    let segments = desk.segments("/users/{3}/export", &Value::Null);
    let data = desk.ask(Method::Get, segments, &[], None).await;
    let data = data.map_err(|refusal| desk.failure(&refusal))?;
    let file = "attachment; filename=\"person.json\"";
    let reply = Reply::json(&data)?.with("content-disposition", file);
    Ok(desk.visit.answer(reply))
}

/// What people know a row by.
pub fn title(screen: &Screen, row: &Value, locale: Locale) -> String {
    let under = || screen.list.under.and_then(|under| row.get(under));
    match name(row, screen.list.name) {
        none if none.is_empty() => under().map_or_else(String::new, |value| text(value, locale)),
        name => name,
    }
}

/// The way to the list.
fn up(desk: &Desk<'_>, screen: &Screen) -> Way {
    let list = desk.path.split_last().map_or(&[][..], |(_, list)| list);
    Way::new(path::page(list), screen.title.of(desk.locale()))
}

/// What can be done with a row, what ends something apart; and its other lists.
fn ways(desk: &Desk<'_>, screen: &Screen, row: &Value) -> (Vec<Way>, Vec<Way>) {
    let (locale, here) = (desk.locale(), path::page(desk.path));
    let can = |step: &&Step| {
        let fits = step.when.is_none_or(|(property, values)| {
            let value = row.get(property).map(Value::to_string);
            value.is_some_and(|value| values.contains(&value.as_str()))
        });
        matches!(step.to, To::Row | To::RowAway) && step.is_for(desk.held()) && fits
    };
    let lists = screen
        .lists
        .iter()
        .map(|(label, tail)| Way::new(format!("{here}/{tail}"), label.of(locale)));
    let way = |step: &Step| Way::new(format!("{here}?step={}", step.name), step.label.of(locale));
    let steps = screen.steps.iter().filter(can);
    let (dangers, mild): (Vec<_>, Vec<_>) = steps.partition(|step| step.is_danger);
    let export = dangers
        .iter()
        .find(|step| step.name == "erase")
        .map(|_| Way::new(format!("{here}?step=export"), Label::Export.of(locale)));
    let ways = mild.into_iter().map(way).chain(export).chain(lists);
    (ways.collect(), dangers.into_iter().map(way).collect())
}
