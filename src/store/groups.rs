//! Groups: the memberships in them.

use super::query::{Query, sql};

/// ?: a group; JSON with the ids of memberships, all of which are of the group's tenant.
pub const ALL_OF_TENANT: &str = "exists (select 1 from groups g where g.id = ? and g.deleted = 0 \
     and not exists (select 1 from json_each(?) x where not exists ( \
       select 1 from user_tenants m where m.id = x.value and m.tenant_id = g.tenant_id and m.deleted = 0)))";

const MEMBERSHIP: &str = "select m.id from groups g \
     cross join user_tenants m on m.tenant_id = g.tenant_id and m.user_id = ?2 and m.deleted = 0 \
     where g.id = ?1 and g.deleted = 0";

/// The membership of a user in the tenant of a group.
pub fn membership(group: &str, user_id: &str) -> Query<Option<(String,)>> {
    sql!(MEMBERSHIP, group, user_id).first()
}
