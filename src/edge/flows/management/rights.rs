//! Nobody gives a permission that they do not hold, nor takes something from one who holds more.

use serde_json::json;

use super::access::Manager;
use super::place::{Meant, Place, no_such_row};
use crate::auth::account::ADMINISTER;
use crate::auth::json;
use crate::auth::management::resource::Belonging;
use crate::auth::table::changes::{Changes, NewRow, NewValue, NewValues, text, written};
use crate::auth::table::row::Scalar;
use crate::edge::app::App;
use crate::error::{Error, ErrorKind};
use crate::store::{Value, accounts, roles};

/// The parts of the row of a role.
const PERMISSIONS: &str = "permissions";
const INCLUDES: &str = "includes";

/// A new row as it may be created: a composite role gets the permissions of its parts.
pub(super) async fn new_row(
    app: &App,
    manager: &Manager,
    place: Place<'_>,
    new: NewRow,
) -> Result<NewRow, Error> {
    match place.resource.belongs_to {
        Belonging::TenantOrAll => {
            let mut values = new.values().to_vec();
            role(app, manager, place, &mut values).await?;
            NewRow::new(place.resource.table, values)
                .map_err(|_| ErrorKind::Internal("a role lost a column".to_owned()).into())
        }
        Belonging::Membership => {
            member_permission(app, manager, place, new.values()).await?;
            Ok(new)
        }
        _ => Ok(new),
    }
}

/// Changes as they may be made.
pub(super) async fn changes(
    app: &App,
    manager: &Manager,
    place: Place<'_>,
    changes: &mut Changes,
) -> Result<(), Error> {
    match place.resource.belongs_to {
        Belonging::TenantOrAll => role(app, manager, place, &mut changes.values).await,
        Belonging::Membership => member_permission(app, manager, place, &changes.values).await,
        _ => Ok(()),
    }
}

/// Rejects the deletion of what is in use, or is another's to give.
pub(super) async fn deletion(
    app: &App,
    manager: &Manager,
    place: Place<'_>,
    meant: Meant<'_>,
) -> Result<(), Error> {
    match (place.resource.belongs_to, meant) {
        (Belonging::TenantOrAll, Meant::One(id)) => {
            let in_use = app
                .db
                .run(roles::in_use(id.as_text().unwrap_or_default()))
                .await?;
            match in_use {
                None if manager.is_administrator() => Err(no_such_row(place, id)),
                Some((true,)) => Err(ErrorKind::InUse("The role is in use").into()),
                _ => Ok(()),
            }
        }
        (Belonging::Membership, _) => protect_member(app, manager, place).await,
        _ => Ok(()),
    }
}

/// The condition under which a row is created: what it belongs to exists.
pub(super) fn condition(place: Place<'_>, new: &NewRow) -> Option<(&'static str, Vec<Value>)> {
    let parent = || Value::from(place.parent);
    Some(match place.resource.belongs_to {
        Belonging::Tenant | Belonging::TenantOrAll => (roles::TENANT_EXISTS, vec![parent()]),
        Belonging::Membership => (roles::MEMBERSHIP_EXISTS, vec![parent()]),
        Belonging::Group => {
            let member = text(new.values(), "userTenantId").unwrap_or_default();
            (roles::MEMBER_OF_TENANT, vec![parent(), member.into()])
        }
        Belonging::Deployment | Belonging::IsTenant | Belonging::OwnTenant | Belonging::Log => {
            return None;
        }
    })
}

/// Why a row was not created, if its condition was false.
pub(super) fn missing(place: Place<'_>, new: &NewRow) -> Error {
    let (entity, id) = match place.resource.belongs_to {
        Belonging::Group => {
            let member = text(new.values(), "userTenantId").unwrap_or_default();
            ("UserTenant", member)
        }
        Belonging::Membership => ("UserTenant", place.parent),
        _ => ("Tenant", place.parent),
    };
    ErrorKind::NoSuchRow {
        entity,
        id: id.to_owned(),
    }
    .into()
}

/// The permissions of a role's values are ones that the manager holds; those of a composite role are its
/// parts'.
async fn role(
    app: &App,
    manager: &Manager,
    place: Place<'_>,
    values: &mut NewValues,
) -> Result<(), Error> {
    let parts = texts(values, INCLUDES);
    if !parts.is_empty() {
        let permissions = app.db.run(roles::of_parts(place.parent, &parts)).await?;
        if permissions.len() < parts.len() {
            let message = "includes must name roles of the tenant".to_owned();
            return Err(ErrorKind::BadRequest(message).into());
        }
        let union: Vec<String> =
            permissions
                .into_iter()
                .flatten()
                .fold(Vec::new(), |mut union, permission| {
                    if !union.contains(&permission) {
                        union.push(permission);
                    }
                    union
                });
        values.retain(|(column, _)| column.property != PERMISSIONS);
        if let Some(column) = place.resource.table.of_property(PERMISSIONS) {
            let value = Scalar::Text(json!(union).to_string());
            values.push((column, NewValue::Plain(Some(value))));
        }
    }
    let given = texts(values, PERMISSIONS);
    manager.may_give(given.iter().map(String::as_str))
}

/// The permission of a member's values is one that the manager holds, and so are the member's own where
/// the member may administer.
async fn member_permission(
    app: &App,
    manager: &Manager,
    place: Place<'_>,
    values: &[(&'static crate::auth::table::column::Column, NewValue)],
) -> Result<(), Error> {
    manager.may_give(text(values, "permission"))?;
    protect_member(app, manager, place).await
}

async fn protect_member(app: &App, manager: &Manager, place: Place<'_>) -> Result<(), Error> {
    if manager.is_administrator() {
        return Ok(());
    }
    let account = app.db.run(accounts::by_membership(place.parent)).await?;
    match account {
        Some(account) if account.holds(ADMINISTER) => Err(ErrorKind::NotAllowed.into()),
        _ => Ok(()),
    }
}

/// The texts of a list that is to be written.
fn texts(
    values: &[(&'static crate::auth::table::column::Column, NewValue)],
    property: &str,
) -> Vec<String> {
    match written(values, property) {
        Some(NewValue::Plain(Some(Scalar::Text(list)))) => {
            json::read(list.as_bytes()).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}
