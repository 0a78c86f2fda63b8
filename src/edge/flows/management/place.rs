//! Where a request is, and which rows it means.

use super::access::Manager;
use crate::auth::management::resource::{Belonging, Resource};
use crate::auth::table::condition::Where;
use crate::auth::table::row::{Scalar, TableRow};
use crate::edge::app::App;
use crate::error::{Error, ErrorKind};
use crate::store::clause::{Clause, Scope};
use crate::store::records;

/// Where a request is: which rows, of which parent.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The rows' resource.
    pub resource: &'static Resource,
    /// The id of what they belong to, as the path has it; empty for none.
    pub parent: &'a str,
}

/// The rows that a request means.
#[derive(Clone, Copy)]
pub enum Meant<'a> {
    /// The row of an id.
    One(&'a Scalar),
    /// Those of which a condition is true.
    All(&'a Where),
}

/// The clause of a condition, which takes another trip where D1 cannot say it.
pub(super) async fn clause(app: &App, scope: &Scope, rows: &Where) -> Result<Clause, Error> {
    match Clause::of(scope, rows) {
        Some(clause) => Ok(clause),
        None => Clause::among(scope, &app.db.run(records::scan(scope, rows)).await?, rows),
    }
}

/// Those rows that a request means among those that the bearer may write.
pub(super) async fn meant_by(
    app: &App,
    manager: &Manager,
    place: Place<'_>,
    meant: Meant<'_>,
    renames: bool,
) -> Result<Clause, Error> {
    let mut scope = manager.reach(place.resource, place.parent, true);
    if renames && place.resource.belongs_to == Belonging::TenantOrAll {
        scope = manager.nameable(scope);
    }
    match meant {
        Meant::One(id) => Ok(Clause::of_ids(&scope, std::slice::from_ref(id))),
        Meant::All(rows) => clause(app, &scope, rows).await,
    }
}

/// The refusal of a row that is not there.
pub fn no_such_row(place: Place<'_>, id: &Scalar) -> Error {
    ErrorKind::NoSuchRow {
        entity: place.resource.table.entity,
        id: id.to_path(),
    }
    .into()
}

/// A role of all tenants shows the tenant that was asked for.
pub(super) fn shown_in(place: Place<'_>, row: &mut TableRow) {
    if place.resource.belongs_to == Belonging::TenantOrAll
        && let Some(column) = place.resource.table.of_name("tenant_id")
    {
        row.set(column, Scalar::from(place.parent));
    }
}
