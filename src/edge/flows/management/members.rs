//! Members of a group: several at once, and by the user's id.

use serde_json::json;

use super::access::{self, Access};
use super::outcome::of_constraint;
use super::place::{Meant, Place};
use super::records;
use super::trail::{record, told};
use crate::auth::caller::Caller;
use crate::auth::management::permission::CREATE_MULTIPLE_USER_GROUP;
use crate::auth::secret::random_uuid;
use crate::auth::table::changes::{NewRow, text};
use crate::auth::table::condition::{Comparison, Condition, Test, Where};
use crate::auth::table::row::{Scalar, TableRow};
use crate::edge::app::App;
use crate::edge::flows::audit::Act;
use crate::error::{Error, ErrorKind};
use crate::store::{Query, Value, groups};

/// Puts several memberships into a group: all of them, or none.
pub async fn add_all(
    app: &App,
    caller: &Caller,
    place: Place<'_>,
    new: &[NewRow],
) -> Result<Vec<TableRow>, Error> {
    let Place { resource, parent } = place;
    let access = Access::to(resource, &[CREATE_MULTIPLE_USER_GROUP], parent);
    let manager = access::writer(app, caller, access).await?;
    let members: Vec<_> = new
        .iter()
        .filter_map(|row| text(row.values(), "userTenantId"))
        .collect();
    let by = manager.user_id();
    let author = manager.author(by.as_ref(), app);
    let list = Value::from(json!(members).to_string());
    let create = |row| -> Result<Query<_>, Error> {
        let own = vec![("group_id", parent.into()), ("id", random_uuid()?.into())];
        let condition = (groups::ALL_OF_TENANT, vec![parent.into(), list.clone()]);
        Ok(crate::store::records::create(
            resource.table,
            own,
            row,
            author,
            Some(condition),
        ))
    };
    let batch: Vec<_> = new.iter().map(create).collect::<Result<_, _>>()?;
    let rows = app.db.run(batch).await.map_err(of_constraint)?;
    let rows: Option<Vec<_>> = rows.into_iter().collect();
    let rows = rows.ok_or_else(|| ErrorKind::NoSuchRow {
        entity: "UserTenant",
        id: members.join(", "),
    })?;
    let detail =
        json!({ "group": parent, "after": told(resource, &[], &rows), "members": members });
    record(app, &manager, place, Act::Created, &rows, detail);
    Ok(rows)
}

/// Takes a user out of a group.
pub async fn remove(
    app: &App,
    caller: &Caller,
    place: Place<'_>,
    user_id: &str,
) -> Result<(), Error> {
    let membership = app
        .db
        .run(groups::membership(place.parent, user_id))
        .await?;
    let membership = membership.map_or_else(String::new, |(id,)| id);
    let column = place.resource.table.of_name("user_tenant_id");
    let column = column.ok_or_else(|| ErrorKind::Internal("no such column".to_owned()))?;
    let test = Test::Compare(Comparison::Equal, Scalar::Text(membership));
    let rows = Where::new(Condition::Is(column, test));
    match records::delete(app, caller, place, Meant::All(&rows)).await? {
        0 => Err(ErrorKind::NoSuchRow {
            entity: "UserGroup",
            id: user_id.to_owned(),
        }
        .into()),
        _ => Ok(()),
    }
}
