//! Rows that are managed alike: created, changed and deleted within the borders of a tenant.

use serde_json::json;

use super::access::{self, Access, Manager};
use super::outcome::of_constraint;
use super::place::{Meant, Place, meant_by, no_such_row, shown_in};
use super::rights;
use super::trail::{record, set, told};
use crate::auth::caller::Caller;
use crate::auth::management::resource::{Belonging, Resource};
use crate::auth::secret::random_uuid;
use crate::auth::table::changes::{Changes, NewRow, written};
use crate::auth::table::page::Page;
use crate::auth::table::row::TableRow;
use crate::edge::app::App;
use crate::edge::flows::audit::Act;
use crate::error::{Error, ErrorKind};
use crate::store::clause::Clause;
use crate::store::records::{self, OwnValues};
use crate::store::{Query, Value, borders};

/// How many rows of one change the audit log tells the values of.
const TOLD: i64 = 20;

/// Creates a row.
pub async fn create(
    app: &App,
    caller: &Caller,
    place: Place<'_>,
    new: NewRow,
) -> Result<(TableRow, NewRow), Error> {
    let Place { resource, parent } = place;
    let access = Access::to(resource, resource.create, parent);
    let manager = access::writer(app, caller, access).await?;
    let new = rights::new_row(app, &manager, place, new)
        .await
        .inspect_err(|error| access::record_refusal(app, &manager, access, error))?;
    let by = manager.user_id();
    let own = own_values(place, &new)?;
    let condition = rights::condition(place, &new);
    let author = manager.author(by.as_ref(), app);
    let create = records::create(resource.table, own, &new, author, condition);
    let (row, ()) = app
        .db
        .run((
            create,
            borders::keep_administrator(manager.had_administrator),
        ))
        .await
        .map_err(of_constraint)?;
    let mut row = row.ok_or_else(|| rights::missing(place, &new))?;
    shown_in(place, &mut row);
    let after = told(resource, new.values(), std::slice::from_ref(&row));
    record(
        app,
        &manager,
        place,
        Act::Created,
        std::slice::from_ref(&row),
        json!({ "after": after }),
    );
    Ok((row, new))
}

/// Changes rows, and counts them.
pub async fn update(
    app: &App,
    caller: &Caller,
    place: Place<'_>,
    meant: Meant<'_>,
    mut changes: Changes,
) -> Result<usize, Error> {
    let Place { resource, parent } = place;
    let access = Access::to(resource, resource.update, parent);
    let manager = access::writer(app, caller, access).await?;
    check_id(meant, &changes)?;
    rights::changes(app, &manager, place, &mut changes)
        .await
        .inspect_err(|error| access::record_refusal(app, &manager, access, error))?;
    let renames = written(&changes.values, "name").is_some();
    let clause = meant_by(app, &manager, place, meant, renames).await?;
    let by = manager.user_id();
    let author = manager.author(by.as_ref(), app);
    let update = records::update(resource.table, clause.clone(), &changes.values, author);
    let (before, count, ()) = app
        .db
        .run((
            some(resource, clause),
            update,
            borders::keep_administrator(manager.had_administrator),
        ))
        .await
        .map_err(of_constraint)?;
    if count > 0 {
        let told_before = told(resource, &changes.values, &before);
        let detail =
            json!({ "before": told_before, "after": set(&changes.values), "count": count });
        record(app, &manager, place, Act::Changed, &before, detail);
    }
    missing_one(&manager, place, meant, count)
}

/// Rejects changes that name another row than the request, or one where it means many.
fn check_id(meant: Meant<'_>, changes: &Changes) -> Result<(), Error> {
    match meant {
        Meant::One(id) => changes.for_one(id),
        Meant::All(_) => changes.for_many(),
    }
}

/// Deletes rows, and counts them.
pub async fn delete(
    app: &App,
    caller: &Caller,
    place: Place<'_>,
    meant: Meant<'_>,
) -> Result<usize, Error> {
    let Place { resource, parent } = place;
    let access = Access::to(resource, resource.delete, parent);
    let manager = access::writer(app, caller, access).await?;
    rights::deletion(app, &manager, place, meant).await?;
    let clause = meant_by(app, &manager, place, meant, false).await?;
    let by = manager.user_id();
    let delete = records::delete(
        resource.table,
        clause.clone(),
        manager.author(by.as_ref(), app),
    );
    let (before, count, ()) = app
        .db
        .run((
            some(resource, clause),
            delete,
            borders::keep_administrator(manager.had_administrator),
        ))
        .await
        .map_err(of_constraint)?;
    if count > 0 {
        record(
            app,
            &manager,
            place,
            Act::Deleted,
            &before,
            json!({ "before": told(resource, &[], &before), "count": count }),
        );
    }
    missing_one(&manager, place, meant, count)
}

/// The first rows of a clause, as they are before they change.
fn some(resource: &Resource, clause: Clause) -> Query<Vec<TableRow>> {
    let page = Page {
        order: Vec::new(),
        limit: TOLD,
        skip: 0,
    };
    records::page(resource.table, &page, clause)
}

/// The count; or the refusal of a request for one row that is not there.
fn missing_one(
    manager: &Manager,
    place: Place<'_>,
    meant: Meant<'_>,
    count: usize,
) -> Result<usize, Error> {
    match meant {
        Meant::One(_) if count == 0 && !manager.is_administrator() => {
            Err(ErrorKind::NotAllowed.into())
        }
        Meant::One(id) if count == 0 => Err(no_such_row(place, id)),
        _ => Ok(count),
    }
}

/// The values that the service gives a new row: its id, and what it belongs to.
fn own_values(place: Place<'_>, new: &NewRow) -> Result<OwnValues, Error> {
    let parent = || Value::from(place.parent);
    let mut own: OwnValues = match place.resource.belongs_to {
        Belonging::Deployment => return Ok(Vec::new()),
        Belonging::Tenant | Belonging::TenantOrAll => vec![("tenant_id", parent())],
        Belonging::Group => vec![("group_id", parent())],
        Belonging::Membership => vec![("user_tenant_id", parent())],
        Belonging::IsTenant if written(new.values(), "status").is_none() => {
            vec![("status", 1_i64.into())]
        }
        Belonging::IsTenant | Belonging::OwnTenant | Belonging::Log => Vec::new(),
    };
    own.push(("id", random_uuid()?.into()));
    Ok(own)
}
