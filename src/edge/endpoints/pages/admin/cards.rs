//! What belongs to a row, as tables on its page.

use futures_util::future::join_all;
use serde_json::Value;

use super::desk::Desk;
use super::rows::{Leading, Rows, of_card, table};
use crate::wire::pages::admin::filter::Question;
use crate::wire::pages::admin::page::TableView;
use crate::wire::pages::admin::path;
use crate::wire::pages::admin::problem::Refusal;
use crate::wire::pages::admin::screen::{Card, Screen};
use crate::wire::pages::ask::Way;
use crate::wire::pages::destination::Destination;
use crate::wire::pages::failure::PageFailure;
use crate::wire::texts::Label;

/// The tables of what belongs to a row, as far as the administrator may see it.
pub async fn cards(
    desk: &Desk<'_>,
    screen: &'static Screen,
    row: &Value,
) -> Result<Vec<TableView>, PageFailure> {
    let questions = screen.cards.iter().map(|card| {
        let mut question = Question::of(desk.visit.incoming, &card.list);
        question.condition.clear();
        if card.list.is_whole {
            question.skip = 0;
        }
        question
    });
    let questions: Vec<_> = questions.collect();
    let both = screen.cards.iter().zip(&questions);
    let found = both
        .clone()
        .map(|(card, question)| of_card(desk, card, question, row));
    let found = join_all(found).await;
    let mut tables = Vec::new();
    for ((card, question), found) in both.zip(found) {
        tables.extend(one(desk, screen, (card, question), found)?);
    }
    Ok(tables)
}

fn one(
    desk: &Desk<'_>,
    screen: &'static Screen,
    (card, question): (&Card, &Question),
    found: Result<Option<Rows>, Refusal>,
) -> Result<Option<TableView>, PageFailure> {
    let found = match found {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(None),
        Err(refusal) if refusal.wants_proof() => return Ok(Some(unproven(desk, card))),
        Err(refusal) => return Err(desk.failure(&refusal)),
    };
    let here = path::page(desk.path);
    let step = screen
        .step(card.step)
        .filter(|step| step.is_for(desk.held()));
    let leading = Leading {
        below: None,
        step: step.map(|step| {
            let query = format!("{here}?step={}&item=", step.name);
            (query, step.label.of(desk.locale()))
        }),
    };
    let table = table(desk, (card.title, &card.list), question, &found, &leading);
    Ok(Some(table))
}

/// What is shown only to whoever has proven a factor a moment ago.
fn unproven(desk: &Desk<'_>, card: &Card) -> TableView {
    let locale = desk.locale();
    let proof = Destination::to_path(&path::page(desk.path)).on("/account/proof");
    TableView {
        title: card.title.of(locale),
        has_title: true,
        way: Some(Way::new(proof, Label::Prove.of(locale))),
        columns: Vec::new(),
        rows: Vec::new(),
        empty: Label::ProveFirst.of(locale),
        range: String::new(),
        previous: None,
        next: None,
    }
}
