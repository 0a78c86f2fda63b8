//! The management API on the wire: the bodies of each table, and what is shown of one person.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::records::{AUTH_CLIENT, Bodies, bodies};
use crate::auth::management::resource::{Belonging, Resource};
use crate::auth::management::tables::{
    GROUPS, LOGIN_ACTIVITY, OUTBOX, ROLES, TENANT_CONFIGS, TENANTS, USER_GROUPS, USER_PERMISSIONS,
    USERS,
};
use crate::auth::table::column::Table;
use crate::auth::table::page::Direction;
use crate::wire::loopback::filter::Filter;

static TENANT: Bodies = bodies!(TENANTS);
static TENANT_CONFIG: Bodies = bodies!(TENANT_CONFIGS);
static ROLE: Bodies = bodies!(ROLES);
static GROUP: Bodies = bodies!(GROUPS);
/// The bodies of members of a group.
pub static USER_GROUP: Bodies = bodies!(USER_GROUPS);
static USER_PERMISSION: Bodies = bodies!(USER_PERMISSIONS);
static ACTIVITY: Bodies = bodies!(LOGIN_ACTIVITY);
static EVENT: Bodies = bodies!(OUTBOX);

/// The bodies of people.
pub static USER: Bodies = bodies!(USERS);

/// The bodies of a table.
pub fn bodies_of(table: &Table) -> &'static Bodies {
    let all = [
        &TENANT,
        &TENANT_CONFIG,
        &ROLE,
        &GROUP,
        &USER_GROUP,
        &USER_PERMISSION,
        &ACTIVITY,
        &EVENT,
        &USER,
    ];
    let found = all
        .into_iter()
        .find(|bodies| bodies.table.entity == table.entity);
    found.unwrap_or(&AUTH_CLIENT)
}

/// Logs begin with their end unless the filter says otherwise; other rows go by their ids.
pub fn order_by_default(resource: &Resource, filter: &mut Filter) {
    let time = match resource.belongs_to {
        Belonging::OwnTenant => "at",
        Belonging::Log => "created_on",
        _ => return,
    };
    if filter.page.order.is_empty()
        && let Some(time) = resource.table.of_name(time)
    {
        filter.page.order.push((time, Direction::Descending));
    }
}

/// An open session, as the person and administrators see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionView<'a> {
    /// The `sid`.
    pub id: &'a str,
    /// The public name of its client.
    pub client_id: &'a str,
    /// How the user was authenticated.
    pub method: &'a str,
    /// The authentication assurance level.
    pub aal: i64,
    /// What signed in, as it called itself.
    pub device_info: Option<&'a str>,
    /// Where.
    pub country: Option<&'a str>,
    /// When it was opened.
    pub created_on: String,
    /// When it was used last.
    pub last_used_on: String,
    /// Its absolute end.
    pub expires_on: String,
}

/// An identity at a provider.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityView<'a> {
    /// What names it in a path.
    pub id: String,
    /// The provider's name.
    pub provider: &'a str,
    /// The provider's issuer.
    pub issuer: &'a str,
    /// Since when.
    pub created_on: String,
    /// When it was used last.
    pub last_used_on: Option<String>,
}

/// Distinct people by period, in the order of time.
pub fn by_period(counts: impl IntoIterator<Item = (String, i64)>) -> Map<String, Value> {
    let members = counts
        .into_iter()
        .map(|(period, count)| (period, json!(count)));
    members.collect()
}
