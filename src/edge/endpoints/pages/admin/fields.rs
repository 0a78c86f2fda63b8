//! The fields of a step's form.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::desk::Desk;
use crate::auth::table::column::{Column, ColumnKind, Limit};
use crate::wire::incoming::Method;
use crate::wire::pages::admin::page::{FieldKind, FieldView};
use crate::wire::pages::admin::problem::Refusal;
use crate::wire::pages::admin::screen::{Field, Input, Screen, Step, Word};
use crate::wire::pages::admin::value::{day, text};
use crate::wire::pages::form::Form;
use crate::wire::texts::{Label, Locale};

/// The most rows that one can choose from.
const MAX_OPTIONS: usize = 500;

/// What a step is about.
pub struct Asked {
    /// The row, where it is done to one.
    pub row: Value,
    /// What the fields hold at present.
    pub present: Value,
}

/// The fields, with what was typed, or what they hold at present.
pub async fn fields(
    desk: &Desk<'_>,
    screen: &Screen,
    step: &'static Step,
    asked: &Asked,
    form: Option<&Form>,
    refusal: Option<&Refusal>,
) -> Vec<FieldView> {
    let locale = desk.locale();
    let options = step
        .fields
        .iter()
        .map(|field| options(desk, field, &asked.row));
    let options = join_all(options).await;
    let all = step.fields.iter().zip(options).enumerate();
    let view = |(at, (field, options)): (usize, (&Field, _))| {
        let column = screen.table.of_property(field.property);
        let (mut kind, most) = kind(field, column, options, locale);
        let is_flag = matches!(kind, FieldKind::Flag);
        let error = refusal.and_then(|refusal| refusal.of_field(field.property));
        let value = match form {
            Some(form) if is_flag => form.has(field.property).to_string(),
            Some(form) => form.text(field.property).to_owned(),
            None => present(field, column, &asked.present, locale),
        };
        keep(&mut kind, &value);
        FieldView {
            name: field.property,
            label: field.label.of(locale),
            hint: field.hint.map(|hint| hint.of(locale)),
            error: error.map(|error| error.of(locale)),
            value,
            kind,
            most,
            is_required: column.is_none_or(|column| column.required),
            is_first: at == 0,
        }
    };
    let mut views: Vec<_> = all.map(view).collect();
    focus(&mut views);
    views
}

/// What is not among the rows that can be chosen stays chosen, so that nothing else is sent unasked.
fn keep(kind: &mut FieldKind, value: &str) {
    if let FieldKind::Choice(options) = kind
        && !value.is_empty()
        && !options.iter().any(|(known, _)| known == value)
    {
        options.push((value.to_owned(), value.to_owned()));
    }
}

/// The focus is where something is wrong.
fn focus(fields: &mut [FieldView]) {
    if let Some(wrong) = fields.iter().position(|field| field.error.is_some()) {
        for (at, field) in fields.iter_mut().enumerate() {
            field.is_first = at == wrong;
        }
    }
}

/// What a field holds at present.
fn present(field: &Field, column: Option<&Column>, row: &Value, locale: Locale) -> String {
    let kind = column.map(|column| column.kind);
    let is_flag = kind == Some(ColumnKind::Boolean) || matches!(field.input, Input::Flag);
    match row.get(field.property) {
        Some(Value::Bool(truth)) if is_flag => truth.to_string(),
        Some(Value::String(time)) if kind == Some(ColumnKind::Date) => day(time).to_owned(),
        Some(Value::Null) | None => field.default.to_owned(),
        Some(value) => match field.input {
            Input::Words(_) => value.to_string(),
            _ => text(value, locale),
        },
    }
}

/// The rows that can be chosen from, where a field is one of them.
async fn options(desk: &Desk<'_>, field: &Field, row: &Value) -> Vec<(String, String)> {
    let Input::Row(list) = field.input else {
        return Vec::new();
    };
    let filter = json!({ "order": ["name ASC"], "limit": MAX_OPTIONS });
    let filter = [("filter", filter.to_string())];
    let rows = desk
        .ask(Method::Get, desk.segments(list, row), &filter, None)
        .await;
    let rows = match rows {
        Ok(Value::Array(rows)) => rows,
        _ => return Vec::new(),
    };
    let text = |row: &Value, property| {
        let text = row.get(property).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let option = |row: &Value| (text(row, "id"), text(row, "name"));
    rows.iter().map(option).collect()
}

/// How a field is typed, and the most characters.
fn kind(
    field: &Field,
    column: Option<&'static Column>,
    options: Vec<(String, String)>,
    locale: Locale,
) -> (FieldKind, usize) {
    match field.input {
        Input::Flag => (FieldKind::Flag, 0),
        Input::Line(most) => (FieldKind::Line("text"), most),
        Input::Text(most) => (FieldKind::Text, most),
        Input::Lines | Input::Json => (FieldKind::Text, 0),
        Input::Words(words) => (FieldKind::Choice(words_of(words, column, locale)), 0),
        Input::Row(_) if options.is_empty() => (FieldKind::Line("text"), 100),
        Input::Row(_) => (FieldKind::Choice(options), 0),
        Input::Column => column.map_or((FieldKind::Line("text"), 0), of_column),
    }
}

const fn of_column(column: &Column) -> (FieldKind, usize) {
    match (column.kind, column.limit) {
        (ColumnKind::Boolean, _) => (FieldKind::Flag, 0),
        (ColumnKind::Texts | ColumnKind::Object, _) => (FieldKind::Text, 0),
        (ColumnKind::Integer, _) => (FieldKind::Line("number"), 0),
        (ColumnKind::Date, _) => (FieldKind::Line("date"), 0),
        (_, Some(Limit::Address)) => (FieldKind::Line("email"), 254),
        (_, Some(Limit::Characters(most) | Limit::RedirectUrl(most) | Limit::WebUrl(most))) => {
            (FieldKind::Line("text"), most)
        }
        _ => (FieldKind::Line("text"), 0),
    }
}

fn words_of(
    words: &'static [Word],
    column: Option<&'static Column>,
    locale: Locale,
) -> Vec<(String, String)> {
    let is_nullable = column.is_some_and(|column| column.nullable);
    let unset = is_nullable.then(|| (String::new(), Label::Unset.of(locale).to_owned()));
    let words = words.iter();
    let words = words.map(|word| (word.value.to_owned(), word.label.of(locale).to_owned()));
    unset.into_iter().chain(words).collect()
}
