//! What the audit log tells of an administrator's act: who, to what, and the values before and after.

use serde_json::{Value, json};

use super::access::Manager;
use super::place::Place;
use crate::auth::management::resource::{Belonging, Resource};
use crate::auth::table::changes::{self, NewValue};
use crate::auth::table::column::Column;
use crate::auth::table::row::{Scalar, TableRow};
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Act, Event, Managed};

type Values = [(&'static Column, NewValue)];

/// What some columns hold in rows, with the rows' ids.
pub(super) fn told(resource: &Resource, values: &Values, rows: &[TableRow]) -> Value {
    let id = resource.table.of_name("id");
    let row = |row: &TableRow| {
        let mut told = changes::told(values, row);
        if let (Some(id), Value::Object(members)) = (id, &mut told) {
            members.insert(id.property.to_owned(), json!(row.value(id)));
        }
        told
    };
    rows.iter().map(row).collect()
}

/// The values that are written; of secrets only that they are.
pub(super) fn set(values: &Values) -> Value {
    let value = |value: &NewValue| match value {
        NewValue::Plain(scalar) => json!(scalar),
        NewValue::Secret(_) => json!("changed"),
    };
    let told = values
        .iter()
        .map(|(column, new)| (column.property.to_owned(), value(new)));
    Value::Object(told.collect())
}

/// Records what was done to rows.
pub(super) fn record(
    app: &App,
    manager: &Manager,
    place: Place<'_>,
    act: Act,
    rows: &[TableRow],
    detail: Value,
) {
    let id = place.resource.table.of_name("id");
    let only = match rows {
        [row] => id.and_then(|id| row.value(id)),
        _ => None,
    };
    let target = only.map(Scalar::to_path);
    let tenant = match place.resource.belongs_to {
        Belonging::IsTenant => target.clone(),
        Belonging::Tenant | Belonging::TenantOrAll => Some(place.parent.to_owned()),
        _ => None,
    };
    let client = only.and_then(Scalar::as_integer);
    act_of(
        app,
        manager,
        place.resource.kind,
        act,
        Managed {
            tenant,
            target,
            client,
            detail,
        },
    );
}

/// Records an act, in the manager's own tenant unless it says another.
pub fn act_of(app: &App, manager: &Manager, kind: &'static str, act: Act, managed: Managed) {
    let own = || Some(manager.tenant_id().to_owned());
    let managed = Managed {
        tenant: managed.tenant.or_else(own),
        ..managed
    };
    let by = manager.user_id();
    audit::record(
        app,
        Event::Managed {
            kind,
            act,
            by,
            managed,
        },
    );
}
