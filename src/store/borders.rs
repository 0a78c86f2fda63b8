//! Tenants' borders, and the last administrator: what every managing statement keeps.

use super::clause::Scope;
use super::query::{Query, sql};
use crate::auth::management::resource::{Belonging, Resource};
use crate::auth::table::row::Scalar;

const OF_TENANT: &str = "select id from tenants where id = ?1 and deleted = 0";
const OF_GROUP: &str = "select tenant_id from groups where id = ?1 and deleted = 0";
const OF_MEMBERSHIP: &str = "select tenant_id from user_tenants where id = ?1 and deleted = 0";

const HAS_ADMINISTRATOR: &str = "select exists (select 1 from administrators)";

// The check of the table undoes the whole batch.
const KEEP_ADMINISTRATOR: &str = "insert into administrator_left (stays) \
     select 0 where ?1 and not exists (select 1 from administrators)";

/// What D1 says where a batch would leave no administrator.
pub const NO_ADMINISTRATOR_LEFT: &str = "CHECK constraint failed: stays";

/// The tenant of what the rows of a request belong to; nothing if that does not exist.
pub fn tenant_of(belonging: Belonging, parent: &str) -> Option<Query<Option<(String,)>>> {
    let query = match belonging {
        Belonging::Tenant | Belonging::TenantOrAll => sql!(OF_TENANT, parent).first(),
        Belonging::Group => sql!(OF_GROUP, parent).first(),
        Belonging::Membership => sql!(OF_MEMBERSHIP, parent).first(),
        Belonging::Deployment | Belonging::IsTenant | Belonging::OwnTenant | Belonging::Log => {
            return None;
        }
    };
    Some(query)
}

/// Whether anybody may administer everything.
pub fn has_administrator() -> Query<(bool,)> {
    sql!(HAS_ADMINISTRATOR).one()
}

/// The end of a batch that may take an administrator away: fails, and the batch with it, where there was
/// one before and is none now.
pub fn keep_administrator(had_one: bool) -> Query<()> {
    sql!(KEEP_ADMINISTRATOR, had_one).run()
}

/// The rows of a resource that a request reaches: those of its parent, within the tenant of a bearer who
/// is not free of borders. `writes` leaves out what a tenant only reads.
pub fn reach(resource: &Resource, parent: &str, tenant: Option<&str>, writes: bool) -> Scope {
    let live = || Scope::live(resource.table);
    let text = |text: &str| [Scalar::from(text)];
    match (resource.belongs_to, tenant) {
        (Belonging::Deployment, _) => Scope::operators(resource.table),
        (Belonging::IsTenant, None) => live(),
        (Belonging::IsTenant, Some(tenant)) => live().and("id = ?", text(tenant)),
        // A role of those who may administer is theirs to change.
        (Belonging::TenantOrAll, Some(_)) if writes => live().and(
            "tenant_id = ? and not exists (select 1 from json_each(permissions) where value = 'NotAllowed')",
            text(parent),
        ),
        (Belonging::TenantOrAll, _) => {
            live().and("(tenant_id is null or tenant_id = ?)", text(parent))
        }
        (Belonging::Tenant, _) => live().and("tenant_id = ?", text(parent)),
        (Belonging::Group, _) => live().and("group_id = ?", text(parent)),
        (Belonging::Membership, _) => live().and("user_tenant_id = ?", text(parent)),
        (Belonging::Log, _) => Scope::events(resource.table),
        (Belonging::OwnTenant, None) => Scope::log(resource.table),
        (Belonging::OwnTenant, Some(tenant)) => {
            Scope::log(resource.table).and("tenant_id = ?", text(tenant))
        }
    }
}
