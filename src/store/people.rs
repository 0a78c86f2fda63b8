//! People as members of a tenant, as they are found. What is written of them is in [`super::members`].
//!
//! A page costs what it shows, however many members the tenant has: it goes along an index, or the tenant
//! has no more members than may be looked through.

use std::borrow::Cow;

use super::batch::Batch;
use super::clause::{Clause, Scope};
use super::predicate::is_narrow as is_narrow_test;
use super::query::{Query, sql};
use super::records;
use crate::auth::management::tables::USERS;
use crate::auth::table::column::Column;
use crate::auth::table::condition::{Condition, Where};
use crate::auth::table::page::Page;
use crate::auth::table::row::{Scalar, TableRow};

/// The most members of a tenant whose list may be sorted and searched without an index.
const MAX_UNSERVED: i64 = 10_000;

const MEMBERS: &str = "select members from tenant_members where tenant_id = ?1";

/// The members of a tenant.
pub fn members(tenant: &str) -> Scope {
    Scope {
        table: &USERS,
        sql: Cow::Borrowed("m.tenant_id = ? and m.deleted = 0 and u.deleted = 0"),
        values: vec![Scalar::from(tenant)],
    }
}

/// How many members a tenant has.
pub fn count(tenant: &str) -> Query<Option<(i64,)>> {
    sql!(MEMBERS, tenant).first()
}

/// A page of a tenant's members; nothing if the tenant has too many for what is asked.
pub fn page(
    tenant: &str,
    rows: &Where,
    page: &Page,
    among: Option<Clause>,
) -> Option<impl Batch<Output = Option<Vec<TableRow>>> + use<>> {
    let is_served = is_served(rows, page);
    let mut scope = members(tenant);
    if !is_served {
        let few = "coalesce((select members from tenant_members where tenant_id = ?), 0) <= ?";
        scope = scope.and(few, [Scalar::from(tenant), MAX_UNSERVED.into()]);
    }
    let clause = match among {
        Some(clause) => clause,
        None => Clause::of(&scope, rows)?,
    };
    let batch = (records::page(&USERS, page, clause), count(tenant));
    Some(batch.map(move |(rows, count)| {
        let count = count.map_or(0, |(count,)| count);
        (is_served || count <= MAX_UNSERVED).then_some(rows)
    }))
}

/// Whether an index finds and sorts the rows: it is asked about a name that few have, or for the first
/// pages of a list in the order of one.
fn is_served(rows: &Where, page: &Page) -> bool {
    let narrow = |condition: &Condition| match condition {
        Condition::Is(column, test) => is_narrow_test(column, test),
        Condition::All(_) | Condition::Any(_) => false,
    };
    let is_narrow = match rows.condition() {
        Condition::All(parts) if parts.is_empty() => return goes_along_an_index(page),
        Condition::All(parts) => parts.iter().any(narrow),
        only => narrow(only),
    };
    is_narrow && page.skip <= MAX_UNSERVED
}

fn goes_along_an_index(page: &Page) -> bool {
    let indexed = |column: &Column| column.folded.is_some() || column.name == "created_on";
    let order = page.order.as_slice();
    page.skip <= MAX_UNSERVED
        && match order {
            [] => true,
            [(column, _)] => indexed(column),
            _ => false,
        }
}

/// A member by the user's id.
pub fn by_id(tenant: &str, id: &str) -> Query<Option<TableRow>> {
    records::by_id(&members(tenant), &Scalar::from(id))
}
