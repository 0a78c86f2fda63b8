//! Rows of the API as the tables of a page.

use futures_util::future::join;
use serde_json::{Value, json};

use super::desk::Desk;
use crate::wire::incoming::Method;
use crate::wire::pages::admin::filter::{PER_PAGE, Question};
use crate::wire::pages::admin::page::{RowView, TableView};
use crate::wire::pages::admin::path;
use crate::wire::pages::admin::problem::Refusal;
use crate::wire::pages::admin::screen::{Card, List, Show};
use crate::wire::pages::admin::value::{name, shown, text};
use crate::wire::pages::ask::Way;
use crate::wire::texts::Label;

/// A page of rows.
pub struct Rows {
    /// The rows.
    pub rows: Vec<Value>,
    /// Whether more come after them.
    pub has_more: bool,
    /// How many there are, where the API has counted them.
    pub total: Option<i64>,
}

/// Where rows of a table lead.
pub struct Leading<'a> {
    /// The path of the page that a row's own is below; nothing where they have none.
    pub below: Option<&'a str>,
    /// The query of what can be done with a row, up to its id, and what it is called.
    pub step: Option<(String, &'static str)>,
}

/// Asks the API for a page of rows, and for how many there are.
pub async fn find(
    desk: &Desk<'_>,
    list: &List,
    question: &Question,
    row: &Value,
) -> Result<Rows, Refusal> {
    let segments = desk.segments(list.api, row);
    let filter = [("filter", question.filter(list).to_string())];
    let page = desk.ask(Method::Get, segments.clone(), &filter, None);
    let counted = async {
        if !list.is_counted {
            return None;
        }
        let condition = Value::Object(question.condition.clone());
        let condition = [("where", condition.to_string())];
        let segments = segments
            .iter()
            .cloned()
            .chain(["count".to_owned()])
            .collect();
        let count = desk.ask(Method::Get, segments, &condition, None).await;
        count.ok()?.get("count")?.as_i64()
    };
    let (page, total) = join(page, counted).await;
    let Value::Array(mut rows) = page? else {
        return Ok(Rows {
            rows: Vec::new(),
            has_more: false,
            total,
        });
    };
    let has_more = !list.is_whole && rows.len() == PER_PAGE + 1;
    if has_more {
        rows.truncate(PER_PAGE);
    }
    Ok(Rows {
        rows,
        has_more,
        total,
    })
}

/// The rows of a card; nothing where the administrator may not see them.
pub async fn of_card(
    desk: &Desk<'_>,
    card: &Card,
    question: &Question,
    row: &Value,
) -> Result<Option<Rows>, Refusal> {
    let found = match find(desk, &card.list, question, row).await {
        Err(refusal) if matches!(refusal.status, 403 | 404) => return Ok(None),
        found => found?,
    };
    let Some((property, referred)) = card.refers.filter(|_| !found.rows.is_empty()) else {
        return Ok(Some(found));
    };
    let ids: Vec<_> = found
        .rows
        .iter()
        .filter_map(|row| row.get(property))
        .collect();
    let filter = json!({ "where": { property: { "inq": ids } } });
    let filter = [("filter", filter.to_string())];
    let rows = desk
        .ask(Method::Get, desk.segments(referred, row), &filter, None)
        .await;
    Ok(match rows {
        Ok(Value::Array(rows)) => Some(Rows { rows, ..found }),
        _ => None,
    })
}

/// The table of some rows.
pub fn table(
    desk: &Desk<'_>,
    (title, list): (Label, &List),
    question: &Question,
    found: &Rows,
    leading: &Leading<'_>,
) -> TableView {
    let locale = desk.locale();
    let (first, columns) = list.columns;
    let act = leading.step.as_ref().map(|_| Label::Act);
    let names = [first].into_iter();
    let names = names
        .chain(columns.iter().map(|column| column.label))
        .chain(act);
    let is_asked = !question.condition.is_empty();
    let empty = if is_asked {
        Label::NoMatch
    } else {
        Label::None
    };
    let to = |skip: usize| to_page(desk, question, skip);
    TableView {
        title: title.of(locale),
        has_title: true,
        way: None,
        columns: names.map(|label| label.of(locale)).collect(),
        rows: found
            .rows
            .iter()
            .map(|row| view(desk, list, row, leading))
            .collect(),
        empty: empty.of(locale),
        range: range(desk, question.skip, found),
        previous: (question.skip > 0).then(|| to(question.skip.saturating_sub(PER_PAGE))),
        next: found.has_more.then(|| to(question.skip + PER_PAGE)),
    }
}

fn view(desk: &Desk<'_>, list: &List, row: &Value, leading: &Leading<'_>) -> RowView {
    let locale = desk.locale();
    let id = row
        .get(list.id)
        .map_or_else(String::new, |id| text(id, locale));
    let id = path::encoded(&id);
    let under = list.under.and_then(|under| row.get(under));
    let under = under.map_or_else(String::new, |under| text(under, locale));
    let cell = |column: &Show| {
        let value = shown(row, column.property, column.how, locale);
        (column.label.of(locale), value)
    };
    let name = match name(row, list.name) {
        none if none.is_empty() => under.clone(),
        name => name,
    };
    let way = leading.step.as_ref();
    RowView {
        name,
        under,
        href: leading.below.map(|below| format!("{below}/{id}")),
        cells: list.columns.1.iter().map(cell).collect(),
        way: way.map(|(query, label)| Way::new(format!("{query}{id}"), label)),
    }
}

/// Which rows of how many.
fn range(desk: &Desk<'_>, skip: usize, found: &Rows) -> String {
    let locale = desk.locale();
    let last = skip + found.rows.len();
    if last == skip && skip == 0 {
        return String::new();
    }
    let of = Label::Of.of(locale);
    let all = match found.total {
        Some(total) => total.to_string(),
        None if found.has_more => Label::More.of(locale).to_owned(),
        None => last.to_string(),
    };
    format!("{}–{last} {of} {all}", skip + 1)
}

/// Another page of the same question.
fn to_page(desk: &Desk<'_>, question: &Question, skip: usize) -> String {
    let (text, column) = (
        path::encoded(&question.text),
        path::encoded(&question.column),
    );
    let (page, choice) = (path::page(desk.path), path::encoded(&question.choice));
    format!("{page}?q={text}&in={column}&only={choice}&skip={skip}")
}
