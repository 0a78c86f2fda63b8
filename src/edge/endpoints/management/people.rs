//! People of a tenant.

use serde_json::{Map, Value};

use crate::auth::management::tables::USERS;
use crate::edge::app::App;
use crate::edge::flows::management::{import, people};
use crate::store::person_extras::PersonExtras;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::filter::{Filter, parse_where};
use crate::wire::loopback::import::{lines_of, read, reply};
use crate::wire::loopback::management::USER;
use crate::wire::loopback::records::{Count, created, new_row, update};
use crate::wire::reply::Reply;

/// `POST /tenants/{id}/users`
pub async fn create(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: Map<String, Value> = incoming.json(&USER.new)?;
    let new = new_row(&USERS, &body)?;
    let caller = incoming.caller()?;
    let extras = PersonExtras::default();
    let row = people::create(app, &caller, incoming.segment(1), &new, &extras).await?;
    Ok(Reply::json(&created(&USERS, &row, &new))?)
}

/// `GET /tenants/{id}/users`
pub async fn find(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let filter = Filter::parse(&USERS, &incoming.query)?;
    let caller = incoming.caller()?;
    let tenant = incoming.segment(1);
    let rows = people::find(app, &caller, tenant, &filter.rows, &filter.page).await?;
    let shown: Vec<_> = rows.iter().map(|row| filter.fields.show(row)).collect();
    Ok(Reply::json(&shown)?)
}

/// `GET /tenants/{id}/users/count`
pub async fn count(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let rows = parse_where(&USERS, &incoming.query)?.unwrap_or_default();
    let caller = incoming.caller()?;
    let count = people::count(app, &caller, incoming.segment(1), &rows).await?;
    Ok(Reply::json(&Count { count })?)
}

/// `PATCH /tenants/{id}/users/{userId}`
pub async fn update_by_id(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: Map<String, Value> = incoming.json(&USER.partial)?;
    let changes = update(&USERS, &body)?;
    let caller = incoming.caller()?;
    let (tenant, id) = (incoming.segment(1), incoming.id());
    people::update(app, &caller, tenant, id, changes, &PersonExtras::default()).await?;
    Ok(Reply::empty(204))
}

/// `DELETE /tenants/{id}/users/{userId}`
pub async fn delete_by_id(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let caller = incoming.caller()?;
    people::remove(app, &caller, incoming.segment(1), incoming.id()).await?;
    Ok(Reply::empty(204))
}

/// `POST /users/import`
pub async fn import(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let lines = lines_of(incoming.document_text()?)?;
    let outcomes = import::import(app, &incoming.caller()?, &lines, read).await?;
    Ok(reply(&outcomes)?)
}
