//! Rows that are managed alike: read within the borders of a tenant, and counted.

use super::access::{self, Access, Manager};
use super::place::{Place, clause, shown_in};
use crate::auth::caller::Caller;
use crate::auth::management::resource::Belonging;
use crate::auth::table::condition::Where;
use crate::auth::table::page::Page;
use crate::auth::table::row::{Scalar, TableRow};
use crate::edge::app::App;
use crate::error::{Error, ErrorKind};
use crate::store::clause::Clause;
use crate::store::records::{self, MAX_COUNT};
use crate::store::{Query, borders};

/// A page of rows.
pub async fn find(
    app: &App,
    caller: &Caller,
    place: Place<'_>,
    rows: &Where,
    page: &Page,
) -> Result<Vec<TableRow>, Error> {
    let table = place.resource.table;
    let mut found = ask(app, caller, place, rows, |clause| {
        records::page(table, page, clause)
    })
    .await?;
    for row in &mut found {
        shown_in(place, row);
    }
    Ok(found)
}

/// How many rows there are, up to [`MAX_COUNT`].
pub async fn count(
    app: &App,
    caller: &Caller,
    place: Place<'_>,
    rows: &Where,
) -> Result<i64, Error> {
    let table = place.resource.table;
    let (count,) = ask(app, caller, place, rows, |clause| {
        records::count(table, clause)
    })
    .await?;
    if count > MAX_COUNT {
        return Err(ErrorKind::BadRequest(format!(
            "More than {MAX_COUNT} rows: count less of them"
        ))
        .into());
    }
    Ok(count)
}

/// One row.
pub async fn find_one(
    app: &App,
    caller: &Caller,
    place: Place<'_>,
    id: &Scalar,
) -> Result<Option<TableRow>, Error> {
    let Place { resource, parent } = place;
    let access = Access::to(resource, resource.view, parent);
    let scope = borders::reach(resource, parent, None, false);
    let (manager, row) = access::read(app, caller, access, records::by_id(&scope, id)).await?;
    let row = if needs_borders(&manager, place) {
        let scope = manager.reach(resource, parent, false);
        app.db.run(records::by_id(&scope, id)).await?
    } else {
        row
    };
    if row.is_none() && !manager.is_administrator() {
        return Err(ErrorKind::NotAllowed.into());
    }
    Ok(row)
}

/// Asks about the rows that a bearer reads: in one trip, as if there were no borders beyond those of the
/// path. The answer is nobody's unless that is so; for others another trip asks within theirs.
async fn ask<T>(
    app: &App,
    caller: &Caller,
    place: Place<'_>,
    rows: &Where,
    query: impl Fn(Clause) -> Query<T>,
) -> Result<T, Error> {
    let Place { resource, parent } = place;
    let access = Access::to(resource, resource.view, parent);
    let scope = borders::reach(resource, parent, None, false);
    let (manager, found) = match Clause::of(&scope, rows) {
        Some(clause) => {
            let (manager, answer) = access::read(app, caller, access, query(clause)).await?;
            (manager, Found::Answer(answer))
        }
        None => {
            let scan = records::scan(&scope, rows);
            let (manager, scanned) = access::read(app, caller, access, scan).await?;
            (manager, Found::Scanned(scanned))
        }
    };
    if needs_borders(&manager, place) {
        let within = clause(app, &manager.reach(resource, parent, false), rows).await?;
        return app.db.run(query(within)).await;
    }
    match found {
        Found::Answer(answer) => Ok(answer),
        Found::Scanned(scanned) => {
            let among = Clause::among(&scope, &scanned, rows)?;
            app.db.run(query(among)).await
        }
    }
}

/// What the first trip brought.
enum Found<T> {
    Answer(T),
    Scanned(Vec<TableRow>),
}

/// Whether the path alone does not say which rows a bearer reads.
fn needs_borders(manager: &Manager, place: Place<'_>) -> bool {
    let depends = matches!(
        place.resource.belongs_to,
        Belonging::IsTenant | Belonging::OwnTenant
    );
    depends && manager.borders().is_some()
}
