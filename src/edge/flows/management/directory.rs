//! The people of an administrator's own tenant as one directory, with their roles by name: what ServiceStack
//! administers.

use super::access;
use super::asking::actor_with;
use crate::auth::account::Account;
use crate::auth::caller::Caller;
use crate::auth::id::UserId;
use crate::auth::management::composite::{Chosen, NamedRole, choose};
use crate::auth::management::tables::USERS;
use crate::auth::password::check_policy;
use crate::auth::secret::{Secret, random_uuid};
use crate::auth::table::condition::{Condition, Where};
use crate::auth::table::page::Page;
use crate::auth::table::row::TableRow;
use crate::edge::app::App;
use crate::error::{Error, ErrorKind};
use crate::store::clause::Clause;
use crate::store::person_extras::{self, PersonExtras};
use crate::store::records::{self, MAX_COUNT};
use crate::store::{accounts, people};

/// A person of the directory: the membership, and the account that it is of.
pub struct Entry {
    /// The membership, as it is listed.
    pub row: TableRow,
    /// The account.
    pub account: Option<Account>,
}

/// The tenant of a caller who may administer everything.
pub async fn tenant(app: &App, caller: &Caller) -> Result<String, Error> {
    let (actor, ()) = actor_with(app, caller, ()).await?;
    let manager = access::manager(actor, true);
    if manager.is_administrator() {
        Ok(manager.tenant_id().to_owned())
    } else {
        Err(ErrorKind::NotAllowed.into())
    }
}

/// A page of people, and how many there are.
pub async fn find(
    app: &App,
    caller: &Caller,
    tenant: &str,
    rows: &Where,
    page: &Page,
) -> Result<(Vec<Entry>, i64), Error> {
    let found = super::people::find(app, caller, tenant, rows, page).await?;
    let ids: Vec<&str> = found.iter().filter_map(id).collect();
    let scope = people::members(tenant);
    let is_all = matches!(rows.condition(), Condition::All(parts) if parts.is_empty());
    let counted = Clause::of(&scope, rows).filter(|_| !is_all);
    let counted = counted.map(|clause| records::count(scope.table, clause));
    let reads = (accounts::by_ids(&ids), counted, people::count(tenant));
    let (mut accounts, counted, all) = app.db.run(reads).await?;
    let total = counted.or(all).map_or(0, |(count,)| count.min(MAX_COUNT));
    let entries = found.into_iter().map(|row| {
        let of_row = |account: &Account| id(&row) == Some(account.id.as_str());
        let place = accounts.iter().position(of_row);
        let account = place.map(|place| accounts.swap_remove(place));
        Entry { row, account }
    });
    Ok((entries.collect(), total))
}

fn id(row: &TableRow) -> Option<&str> {
    row.value(USERS.of_name("id")?)?.as_text()
}

/// One person.
pub async fn one(app: &App, tenant: &str, id: &str) -> Result<Entry, Error> {
    let user_id = UserId::new(id);
    let reads = (people::by_id(tenant, id), accounts::by_id(&user_id));
    let (row, account) = app.db.run(reads).await?;
    let row = row.ok_or_else(|| ErrorKind::NoSuchRow {
        entity: "User",
        id: id.to_owned(),
    })?;
    Ok(Entry { row, account })
}

/// The roles that people of a tenant can have.
pub async fn roles(app: &App, tenant: &str) -> Result<Vec<NamedRole>, Error> {
    app.db.run(person_extras::roles(tenant)).await
}

/// The id of the role that has the wanted ones as its parts; it may be one that comes with the person.
pub async fn role_of(
    app: &App,
    tenant: &str,
    wanted: &[String],
    extras: &mut PersonExtras,
) -> Result<String, Error> {
    let roles = roles(app, tenant).await?;
    let unknown = |name| ErrorKind::BadRequest(format!("There is no role {name}"));
    match choose(&roles, wanted).map_err(unknown)? {
        Chosen::Existing(id) => Ok(id),
        Chosen::New(parts) => {
            let id = random_uuid()?;
            extras.composite = Some((id.clone(), parts));
            Ok(id)
        }
    }
}

/// The hash of a password that an administrator sets, if it may be one.
pub fn hash(app: &App, password: &Secret) -> Result<String, Error> {
    check_policy(password, app.config.password_min_length)?;
    app.config.password_hash.hash(password)
}
