//! Rows that are managed alike: tenants, their settings, roles, groups, permissions, clients.

use serde_json::{Map, Value};

use crate::auth::management::resource::{Belonging, Resource};
use crate::auth::table::changes::Changes;
use crate::auth::table::column::ColumnKind;
use crate::auth::table::condition::Where;
use crate::auth::table::row::Scalar;
use crate::edge::app::App;
use crate::edge::flows::management::place::{Meant, Place};
use crate::edge::flows::management::{reads, records};
use crate::error::ErrorKind;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::filter::{Filter, Projection, parse_where};
use crate::wire::loopback::management::{bodies_of, order_by_default};
use crate::wire::loopback::records::{Count, created, new_row, path_id, replacement, update};
use crate::wire::reply::Reply;

type Answer = Result<Reply, LoopbackFailure>;

/// Where a request is: the parent is the second segment of its path, where rows have one.
pub fn place<'a>(incoming: &'a Incoming, resource: &'static Resource) -> Place<'a> {
    let has_parent = !matches!(
        resource.belongs_to,
        Belonging::Deployment | Belonging::IsTenant | Belonging::OwnTenant | Belonging::Log
    );
    Place {
        resource,
        parent: if has_parent { incoming.segment(1) } else { "" },
    }
}

/// The id at the end of a path: a number where the rows have numbers.
fn id(incoming: &Incoming, resource: &Resource) -> Result<Scalar, LoopbackFailure> {
    let is_number = resource
        .table
        .of_name("id")
        .is_some_and(|column| column.kind == ColumnKind::Integer);
    if is_number {
        path_id(incoming.id())
    } else {
        Ok(incoming.id().into())
    }
}

/// POST: creates one; the only response with its secrets.
pub async fn create(app: &App, incoming: &Incoming, of: &'static Resource) -> Answer {
    let bodies = bodies_of(of.table);
    let body: Map<String, Value> = incoming.json(&bodies.new)?;
    let new = new_row(of.table, &body)?;
    let caller = incoming.caller()?;
    let (row, new) = records::create(app, &caller, place(incoming, of), new).await?;
    Ok(Reply::json(&created(of.table, &row, &new))?)
}

/// GET: a page of them.
pub async fn find(app: &App, incoming: &Incoming, of: &'static Resource) -> Answer {
    let mut filter = Filter::parse(of.table, &incoming.query)?;
    order_by_default(of, &mut filter);
    let caller = incoming.caller()?;
    let rows = reads::find(
        app,
        &caller,
        place(incoming, of),
        &filter.rows,
        &filter.page,
    )
    .await?;
    let shown: Vec<_> = rows.iter().map(|row| filter.fields.show(row)).collect();
    Ok(Reply::json(&shown)?)
}

/// GET: how many there are.
pub async fn count(app: &App, incoming: &Incoming, of: &'static Resource) -> Answer {
    let rows = parse_where(of.table, &incoming.query)?.unwrap_or_default();
    let caller = incoming.caller()?;
    let count = reads::count(app, &caller, place(incoming, of), &rows).await?;
    Ok(Reply::json(&Count { count })?)
}

/// GET: one of them.
pub async fn find_by_id(app: &App, incoming: &Incoming, of: &'static Resource) -> Answer {
    let id = id(incoming, of)?;
    let caller = incoming.caller()?;
    let row = reads::find_one(app, &caller, place(incoming, of), &id).await?;
    let row = row.ok_or(LoopbackFailure::NoEntity)?;
    Ok(Reply::json(&Projection::all(of.table).show(&row))?)
}

/// PATCH: changes those that `where` means, which must be said.
pub async fn update_all(app: &App, incoming: &Incoming, of: &'static Resource) -> Answer {
    let rows = said_where(incoming, of)?;
    let changes = partial(incoming, of)?;
    changes.for_many()?;
    let caller = incoming.caller()?;
    let meant = Meant::All(&rows);
    counted(records::update(app, &caller, place(incoming, of), meant, changes).await?)
}

/// PATCH: changes one.
pub async fn update_by_id(app: &App, incoming: &Incoming, of: &'static Resource) -> Answer {
    let id = id(incoming, of)?;
    let changes = partial(incoming, of)?;
    change(app, incoming, of, &id, changes).await
}

/// PUT: replaces one.
pub async fn replace_by_id(app: &App, incoming: &Incoming, of: &'static Resource) -> Answer {
    let id = id(incoming, of)?;
    let body: Map<String, Value> = incoming.json(&bodies_of(of.table).replacement)?;
    let changes = replacement(of.table, &body)?;
    change(app, incoming, of, &id, changes).await
}

/// DELETE: deletes one.
pub async fn delete_by_id(app: &App, incoming: &Incoming, of: &'static Resource) -> Answer {
    let id = id(incoming, of)?;
    let caller = incoming.caller()?;
    records::delete(app, &caller, place(incoming, of), Meant::One(&id)).await?;
    Ok(Reply::empty(204))
}

/// DELETE: deletes those that `where` means, which must be said.
pub async fn delete_all(app: &App, incoming: &Incoming, of: &'static Resource) -> Answer {
    let rows = said_where(incoming, of)?;
    let caller = incoming.caller()?;
    counted(records::delete(app, &caller, place(incoming, of), Meant::All(&rows)).await?)
}

async fn change(
    app: &App,
    incoming: &Incoming,
    of: &'static Resource,
    id: &Scalar,
    changes: Changes,
) -> Answer {
    let caller = incoming.caller()?;
    records::update(app, &caller, place(incoming, of), Meant::One(id), changes).await?;
    Ok(Reply::empty(204))
}

fn partial(incoming: &Incoming, of: &'static Resource) -> Result<Changes, LoopbackFailure> {
    let body: Map<String, Value> = incoming.json(&bodies_of(of.table).partial)?;
    update(of.table, &body)
}

fn said_where(incoming: &Incoming, of: &'static Resource) -> Result<Where, LoopbackFailure> {
    parse_where(of.table, &incoming.query)?.ok_or_else(|| {
        let text = "Say which with where; where={} means all";
        ErrorKind::BadRequest(text.to_owned()).into()
    })
}

fn counted(count: usize) -> Answer {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    Ok(Reply::json(&Count { count })?)
}
