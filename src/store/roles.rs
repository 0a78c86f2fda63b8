//! Roles: their parts and their use; and what must exist for a row to belong to it.

use serde_json::json;

use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};

/// ?: a tenant.
pub const TENANT_EXISTS: &str = "exists (select 1 from tenants where id = ? and deleted = 0)";
/// ?: a membership.
pub const MEMBERSHIP_EXISTS: &str =
    "exists (select 1 from user_tenants where id = ? and deleted = 0)";
/// ?: a group, and a membership of the group's tenant.
pub const MEMBER_OF_TENANT: &str = "exists (select 1 from groups g \
     cross join user_tenants m on m.tenant_id = g.tenant_id \
     where g.id = ? and g.deleted = 0 and m.id = ? and m.deleted = 0)";

const IN_USE: &str = "select exists (select 1 from user_tenants m \
       where m.role_id = r.id and m.deleted = 0) from roles r where r.id = ?1 and r.deleted = 0";

const OF_PARTS: &str = "select r.permissions from json_each(?2) part \
     cross join roles r on r.name = part.value and r.deleted = 0 \
       and (r.tenant_id is null or r.tenant_id = ?1)";

/// The permissions of a role.
struct Permissions(Vec<String>);

impl FromRow for Permissions {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        row.json("permissions").map(Self)
    }
}

/// Whether anybody has a role; nothing if there is no such role.
pub fn in_use(id: &str) -> Query<Option<(bool,)>> {
    sql!(IN_USE, id).first()
}

/// The permissions of each of some roles of a tenant, by their names.
pub fn of_parts(tenant: &str, names: &[String]) -> Query<Vec<Vec<String>>> {
    sql!(OF_PARTS, tenant, json!(names).to_string()).reading(|rows| {
        rows.iter()
            .map(|row| Permissions::from_row(&row).map(|role| role.0))
            .collect()
    })
}
