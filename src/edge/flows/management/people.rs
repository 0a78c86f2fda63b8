//! People of a tenant: listed, created, changed, let go.

use serde_json::json;

use super::access::{self, Access, Manager};
use super::links;
use super::outcome::of_constraint;
use super::target::{KIND, may_admit, may_change, protect};
use super::trail::{act_of, set};
use crate::auth::account::Account;
use crate::auth::caller::Caller;
use crate::auth::id::UserId;
use crate::auth::management::permission::{
    CREATE_TENANT_USER, DELETE_TENANT_USER, Permission, UPDATE_TENANT_USER,
    UPDATE_TENANT_USER_RESTRICTED, VIEW_TENANT_USER,
};
use crate::auth::management::resource::Belonging;
use crate::auth::secret::random_uuid;
use crate::auth::table::changes::{Changes, NewRow, told as told_of};
use crate::auth::table::condition::Where;
use crate::auth::table::page::Page;
use crate::auth::table::row::TableRow;
use crate::edge::app::App;
use crate::edge::flows::audit::{Act, Managed};
use crate::error::{Error, ErrorKind};
use crate::store::clause::{Clause, too_many};
use crate::store::members::{self, PersonWritten};
use crate::store::people;
use crate::store::person_extras::PersonExtras;
use crate::store::person_values::{Giver, PersonValues};
use crate::store::{accounts, borders, records};

/// Access to the people of a tenant.
pub const fn of_tenant<'a>(permissions: &'static [Permission], tenant: &'a str) -> Access<'a> {
    Access {
        permissions,
        belongs_to: Belonging::Tenant,
        parent: tenant,
        kind: KIND,
    }
}

/// A page of a tenant's people.
pub async fn find(
    app: &App,
    caller: &Caller,
    tenant: &str,
    rows: &Where,
    page: &Page,
) -> Result<Vec<TableRow>, Error> {
    let access = of_tenant(&[VIEW_TENANT_USER], tenant);
    if let Some(query) = people::page(tenant, rows, page, None) {
        let (_, found) = access::read(app, caller, access, query).await?;
        return found.ok_or_else(too_many);
    }
    let scope = people::members(tenant);
    let (_, scanned) = access::read(app, caller, access, records::scan(&scope, rows)).await?;
    let among = Clause::among(&scope, &scanned, rows)?;
    let query = people::page(tenant, rows, page, Some(among)).ok_or_else(too_many)?;
    app.db.run(query).await?.ok_or_else(too_many)
}

/// How many people of a tenant there are, of whom a condition is true.
pub async fn count(app: &App, caller: &Caller, tenant: &str, rows: &Where) -> Result<i64, Error> {
    let access = of_tenant(&[VIEW_TENANT_USER], tenant);
    let query = people::counted(tenant, rows).ok_or_else(too_many)?;
    let (_, count) = access::read(app, caller, access, query).await?;
    count.ok_or_else(too_many)
}

/// Creates a person in a tenant; an invitation goes out where messages can be sent.
pub async fn create(
    app: &App,
    caller: &Caller,
    tenant: &str,
    new: &NewRow,
    extras: &PersonExtras,
) -> Result<TableRow, Error> {
    let access = of_tenant(&[CREATE_TENANT_USER], tenant);
    let manager = access::writer(app, caller, access).await?;
    let values = PersonValues::of(new.values()).or_clients(manager.clients());
    may_admit(&manager, &values)?;
    let id = UserId::draw()?;
    let by = manager.user_id();
    let held = manager.permissions();
    let giver = Giver {
        held: (!manager.is_administrator()).then_some(held.as_slice()),
        author: manager.author(by.as_ref(), app),
    };
    let role = values.role().unwrap_or_default().to_owned();
    let batch = (
        extras.before(tenant, giver.author),
        members::create(tenant, &id, &random_uuid()?, values, &giver),
        extras.after(tenant, &id, giver.author),
    );
    let written = app.db.run(batch).await.map_err(of_constraint);
    let written = written
        .and_then(|(_, written, _)| check(written, &role))
        .inspect_err(|error| access::record_refusal(app, &manager, access, error))?;
    let row = written.after.ok_or(ErrorKind::NotAllowed)?;
    told(
        app,
        &manager,
        tenant,
        id.as_str(),
        Act::Created,
        json!({ "after": set(new.values()), "besides": extras.told() }),
    );
    if extras.password.is_none() {
        links::invite(app, &id);
    }
    Ok(row)
}

/// Why nothing was written, if nothing was.
fn check(written: PersonWritten, role: &str) -> Result<PersonWritten, Error> {
    match (written.written, written.role_exists) {
        (true, _) => Ok(written),
        (false, Some(false)) => Err(ErrorKind::NoSuchRow {
            entity: "Role",
            id: role.to_owned(),
        }
        .into()),
        (false, _) => Err(ErrorKind::NotAllowed.into()),
    }
}

/// Changes a person.
pub async fn update(
    app: &App,
    caller: &Caller,
    tenant: &str,
    id: &str,
    changes: Changes,
    extras: &PersonExtras,
) -> Result<(), Error> {
    let access = of_tenant(&[UPDATE_TENANT_USER, UPDATE_TENANT_USER_RESTRICTED], tenant);
    let user_id = UserId::new(id);
    let (manager, target) = writer_to(app, caller, access, &user_id).await?;
    changes.for_one(&id.into())?;
    let values = PersonValues::of(&changes.values);
    may_change(&manager, target.as_ref(), id, &changes.values, &values)
        .inspect_err(|error| access::record_refusal(app, &manager, access, error))?;
    let by = manager.user_id();
    let held = manager.permissions();
    let giver = Giver {
        held: (!manager.is_administrator()).then_some(held.as_slice()),
        author: manager.author(by.as_ref(), app),
    };
    let role = values.role().unwrap_or_default().to_owned();
    let batch = (
        extras.before(tenant, giver.author),
        members::update(tenant, id, values, &giver),
        extras.after(tenant, &user_id, giver.author),
        borders::keep_administrator(manager.had_administrator),
    );
    let (_, written, _, ()) = app.db.run(batch).await.map_err(of_constraint)?;
    if written.before.is_none() {
        return Err(no_such_user(&manager, id));
    }
    let before = written.before.clone();
    check(written, &role)
        .inspect_err(|error| access::record_refusal(app, &manager, access, error))?;
    let before = before.map(|row| told_of(&changes.values, &row));
    let (after, besides) = (set(&changes.values), extras.told());
    let detail = json!({ "before": before, "after": after, "besides": besides });
    told(app, &manager, tenant, id, Act::Changed, detail);
    Ok(())
}

/// Ends a membership, and the account with its last one.
pub async fn remove(app: &App, caller: &Caller, tenant: &str, id: &str) -> Result<(), Error> {
    let access = of_tenant(&[DELETE_TENANT_USER], tenant);
    let (manager, target) = writer_to(app, caller, access, &UserId::new(id)).await?;
    protect(&manager, target.as_ref())
        .inspect_err(|error| access::record_refusal(app, &manager, access, error))?;
    let by = manager.user_id();
    let batch = (
        members::remove(tenant, id, manager.author(by.as_ref(), app)),
        borders::keep_administrator(manager.had_administrator),
    );
    let ((_, removed), ()) = app.db.run(batch).await.map_err(of_constraint)?;
    if !removed {
        return Err(no_such_user(&manager, id));
    }
    told(app, &manager, tenant, id, Act::Deleted, json!({}));
    Ok(())
}

/// Admits a manager who is to write, with the account that is written.
async fn writer_to(
    app: &App,
    caller: &Caller,
    access: Access<'_>,
    user_id: &UserId,
) -> Result<(Manager, Option<Account>), Error> {
    let (admitted, target) = futures_util::future::join(
        access::writer(app, caller, access),
        app.db.run(accounts::by_id(user_id)),
    )
    .await;
    Ok((admitted?, target?))
}

fn no_such_user(manager: &Manager, id: &str) -> Error {
    if manager.is_administrator() {
        ErrorKind::NoSuchRow {
            entity: "User",
            id: id.to_owned(),
        }
        .into()
    } else {
        ErrorKind::NotAllowed.into()
    }
}

fn told(app: &App, manager: &Manager, tenant: &str, id: &str, act: Act, detail: serde_json::Value) {
    let managed = Managed {
        tenant: Some(tenant.to_owned()),
        target: Some(id.to_owned()),
        client: None,
        detail,
    };
    act_of(app, manager, KIND, act, managed);
}
