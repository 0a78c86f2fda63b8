//! People as members of a tenant, as they are found. What is written of them is in [`super::members`].
//!
//! A page costs what it shows, however many members the tenant has: it goes along an index, or the tenant
//! has no more members than may be looked through.

use std::borrow::Cow;

use super::batch::Batch;
use super::clause::{Clause, Scope};
use super::predicate::is_narrow as is_narrow_test;
use super::query::{Query, sql};
use super::records::{self, MAX_COUNT};
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
    let scope = within(tenant, is_served);
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

/// How many members of a tenant a condition is true of: from the tenant's own counter where there is
/// none. Nothing if the tenant has too many for what is asked, or D1 cannot say it.
pub fn counted(tenant: &str, rows: &Where) -> Option<impl Batch<Output = Option<i64>> + use<>> {
    let is_all = matches!(rows.condition(), Condition::All(parts) if parts.is_empty());
    let is_served = is_all || is_narrow(rows);
    let among = match is_all {
        true => None,
        false => Some(Clause::of(&within(tenant, is_served), rows)?),
    };
    let among = among.map(|clause| records::count(&USERS, clause));
    Some((among, count(tenant)).map(move |(among, count)| {
        let all = count.map_or(0, |(count,)| count);
        let (count,) = among.unwrap_or((all,));
        (is_served && count <= MAX_COUNT || all <= MAX_UNSERVED).then_some(count)
    }))
}

/// The members of a tenant; of those where no index serves, only where they are few.
fn within(tenant: &str, is_served: bool) -> Scope {
    let scope = members(tenant);
    if is_served {
        return scope;
    }
    let few = "coalesce((select members from tenant_members where tenant_id = ?), 0) <= ?";
    scope.and(few, [Scalar::from(tenant), MAX_UNSERVED.into()])
}

/// Whether an index finds and sorts the rows: it is asked about a name that few have, or for the first
/// pages of a list in the order of one.
fn is_served(rows: &Where, page: &Page) -> bool {
    match rows.condition() {
        Condition::All(parts) if parts.is_empty() => goes_along_an_index(page),
        _ => is_narrow(rows) && page.skip <= MAX_UNSERVED,
    }
}

/// Whether an index finds what is asked about.
fn is_narrow(rows: &Where) -> bool {
    let narrow = |condition: &Condition| match condition {
        Condition::Is(column, test) => is_narrow_test(column, test),
        Condition::All(_) | Condition::Any(_) => false,
    };
    match rows.condition() {
        Condition::All(parts) => parts.iter().any(narrow),
        only => narrow(only),
    }
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
