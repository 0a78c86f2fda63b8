//! Something that is to be done: the page that asks, and the form that does it.

use serde_json::{Map, Value, json};

use super::desk::Desk;
use super::fields::Asked;
use super::question::{page, secrets};
use super::row;
use crate::auth::secret::random_secret;
use crate::error::{Error, ErrorKind};
use crate::wire::incoming::Method;
use crate::wire::pages::admin::body::body;
use crate::wire::pages::admin::path;
use crate::wire::pages::admin::problem::Refusal;
use crate::wire::pages::admin::screen::{Screen, Step, To};
use crate::wire::pages::admin::value::text;
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::form::Form;
use crate::wire::pages::see_other;
use crate::wire::reply::Reply;
use crate::wire::texts::Label;

/// The page that asks for a step. Who has a factor proves it before anything is typed.
pub async fn show(
    desk: Desk<'_>,
    screen: &'static Screen,
    step: &'static Step,
) -> Result<Reply, PageFailure> {
    if !step.is_for(desk.held()) {
        return Err(ErrorKind::NotAllowed.into());
    }
    if desk.browser.has_factor && !desk.browser.is_proven(desk.visit.app.now) {
        return Err(PageFailure::proof_for(&desk.address()));
    }
    let asked = asked(&desk, screen, step).await?;
    page(desk, screen, step, &asked, None, None).await
}

/// Does a step.
pub async fn submit(
    desk: Desk<'_>,
    screen: &'static Screen,
    step: &'static Step,
    form: &Form,
) -> Result<Reply, PageFailure> {
    let asked = asked(&desk, screen, step).await?;
    let mut sent = body(step, screen.table, form, &asked.present);
    for property in step.call.copied {
        let value = asked.row.get(property).cloned().unwrap_or_default();
        sent.insert((*property).to_owned(), value);
    }
    let drawn = draw(step, &mut sent)?;
    if sent.is_empty() && step.call.method == Method::Patch {
        return done(desk, screen, step, &asked.row);
    }
    match call(&desk, step, form, &asked.row, sent).await {
        Ok(answer) if drawn.is_empty() => {
            let row = if step.to == To::List {
                &answer
            } else {
                &asked.row
            };
            done(desk, screen, step, row)
        }
        Ok(answer) => secrets(desk, screen, step, &answer, drawn),
        Err(refusal)
            if refusal.wants_proof() || matches!(refusal.status, 401 | 429 | 500 | 503) =>
        {
            Err(desk.failure(&refusal))
        }
        Err(refusal) => page(desk, screen, step, &asked, Some(form), Some(&refusal)).await,
    }
}

/// Reads what a step is about.
async fn asked(desk: &Desk<'_>, screen: &Screen, step: &Step) -> Result<Asked, PageFailure> {
    let row = match step.to {
        To::List => Value::Null,
        _ => row::find(desk, screen).await?,
    };
    let present = match step.call.source {
        None => row.clone(),
        Some(source) => {
            let source = desk
                .ask(Method::Get, desk.segments(source, &row), &[], None)
                .await;
            match source {
                // Of the row there is nothing yet.
                Err(refusal) if refusal.status == 404 => Value::Null,
                source => source.map_err(|refusal| desk.failure(&refusal))?,
            }
        }
    };
    Ok(Asked { row, present })
}

/// Secrets that are drawn for a step: their names, and they themselves.
fn draw(step: &Step, sent: &mut Map<String, Value>) -> Result<Vec<(Label, String)>, Error> {
    let mut drawn = Vec::new();
    for (property, label) in step.call.drawn {
        let secret = random_secret()?;
        sent.insert((*property).to_owned(), Value::from(secret.expose()));
        drawn.push((*label, secret.expose().to_owned()));
    }
    Ok(drawn)
}

/// Asks the API for it.
async fn call(
    desk: &Desk<'_>,
    step: &Step,
    form: &Form,
    row: &Value,
    sent: Map<String, Value>,
) -> Result<Value, Refusal> {
    let meaning = |name: &str| match step.fields.iter().any(|field| field.property == name) {
        true => form.text(name).to_owned(),
        false => desk.meaning(name, row),
    };
    let segments = path::segments(step.call.path, &meaning);
    let only = step.call.only.map(|only| {
        let id = path::segments(only, &meaning).concat();
        ("where", json!({ "id": id }).to_string())
    });
    let has_body = step.call.method != Method::Delete;
    let sent = has_body.then_some(Value::Object(sent));
    let query: Vec<_> = only.into_iter().collect();
    let answer = desk
        .ask(step.call.method, segments, &query, sent.as_ref())
        .await?;
    // A change of those that a condition means counts them.
    match answer.get("count").and_then(Value::as_i64) {
        Some(0) => Err(Refusal {
            status: 404,
            body: Value::Null,
        }),
        _ => Ok(answer),
    }
}

/// Where the browser goes once it is done.
fn done(desk: Desk<'_>, screen: &Screen, step: &Step, row: &Value) -> Result<Reply, PageFailure> {
    let id = row
        .get(screen.list.id)
        .map(|id| path::encoded(&text(id, desk.locale())));
    let mut place = match (step.to, desk.path.split_last()) {
        (To::RowAway, Some((_, list))) => path::page(list),
        _ => path::page(desk.path),
    };
    if let (To::List, Some(id)) = (step.to, id) {
        place = format!("{place}/{id}");
    }
    let place = format!("{place}?done={}", step.name);
    Ok(desk.visit.answer(see_other(place)))
}
