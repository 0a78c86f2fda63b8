//! What is written of a person besides the row and the membership, in the same batch: a composite role that
//! is not there yet, permissions of the member's own, a password.

use serde_json::{Value, json};

use super::query::{Query, sql};
use super::records::Author;
use super::row::{FromRow, Row, Unreadable};
use crate::auth::id::UserId;
use crate::auth::management::composite::NamedRole;

const OF_TENANT: &str = "select id, name, includes from roles where tenant_id = ?1 and deleted = 0 \
     union all select id, name, includes from roles where tenant_id is null and deleted = 0";

const COMPOSITE: &str = "insert into roles \
       (id, name, includes, permissions, role_type, tenant_id, created_by, modified_by, created_on, modified_on) \
     select ?1, ?2, ?3, json_group_array(value), 1, ?4, ?5, ?5, ?6, ?6 from ( \
       select distinct x.value from json_each(?3) part \
       cross join roles r on r.name = part.value and r.deleted = 0 and (r.tenant_id is null or r.tenant_id = ?4) \
       cross join json_each(r.permissions) x)";

const FORGET_PERMISSIONS: &str = "update user_permissions \
     set deleted = 1, deleted_on = ?4, deleted_by = ?5, modified_on = ?4, modified_by = ?5 \
     where deleted = 0 and permission in (select value from json_each(?3)) \
       and user_tenant_id in (select id from user_tenants where tenant_id = ?1 and user_id = ?2 and deleted = 0)";

// What the role gives already is not given again; a denial is of what it gives.
const SET_PERMISSIONS: &str = "insert into user_permissions \
       (id, user_tenant_id, permission, allowed, created_by, modified_by, created_on, modified_on) \
     select lower(hex(randomblob(16))), m.id, given.value, ?4, ?6, ?6, ?5, ?5 \
     from user_tenants m cross join roles r on r.id = m.role_id cross join json_each(?3) given \
     where m.tenant_id = ?1 and m.user_id = ?2 and m.deleted = 0 \
       and ?4 <> exists (select 1 from json_each(r.permissions) x where x.value = given.value)";

// The triggers on user_credentials end the sessions and void the links that are out.
const SET_PASSWORD: &str = "insert into user_credentials (user_id, password, changed_on) \
     select m.user_id, ?3, ?4 from user_tenants m where m.tenant_id = ?1 and m.user_id = ?2 and m.deleted = 0 \
     on conflict (user_id) do update set password = excluded.password, changed_on = excluded.changed_on";

/// What is written of a person besides.
#[derive(Default)]
pub struct PersonExtras {
    /// Id and parts of a role that the person gets and that is not there yet.
    pub composite: Option<(String, Vec<String>)>,
    /// Permissions that are given.
    pub given: Vec<String>,
    /// Permissions that are taken away, also where the role gives them.
    pub taken: Vec<String>,
    /// The hash of a password.
    pub password: Option<String>,
}

impl FromRow for NamedRole {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            includes: row.json("includes")?,
        })
    }
}

/// The roles of a tenant, its own first, and those of all tenants.
pub fn roles(tenant: &str) -> Query<Vec<NamedRole>> {
    sql!(OF_TENANT, tenant).all()
}

impl PersonExtras {
    /// What the audit log tells of it, never a password; null where there is nothing.
    pub fn told(&self) -> Option<Value> {
        let Self {
            composite,
            given,
            taken,
            password,
        } = self;
        let any =
            composite.is_some() || !given.is_empty() || !taken.is_empty() || password.is_some();
        any.then(|| {
            json!({
                "roles": composite.as_ref().map(|(_, parts)| parts),
                "permissionsGiven": given,
                "permissionsTaken": taken,
                "passwordSet": password.is_some(),
            })
        })
    }

    /// What comes before the person is written.
    pub fn before(&self, tenant: &str, author: Author<'_>) -> Option<Query<()>> {
        let (id, parts) = self.composite.as_ref()?;
        let (name, includes) = (parts.join(", "), json!(parts).to_string());
        Some(sql!(COMPOSITE, id, name, includes, tenant, author.by, author.now).run())
    }

    /// What comes after it.
    pub fn after(&self, tenant: &str, id: &UserId, author: Author<'_>) -> Vec<Query<()>> {
        let Author { by, now } = author;
        let mut queries = Vec::new();
        let all: Vec<_> = self.given.iter().chain(&self.taken).collect();
        if !all.is_empty() {
            let list = json!(all).to_string();
            queries.push(sql!(FORGET_PERMISSIONS, tenant, id, list, now, by).run());
        }
        for (list, allowed) in [(&self.given, 1_i64), (&self.taken, 0)] {
            if !list.is_empty() {
                let list = json!(list).to_string();
                queries.push(sql!(SET_PERMISSIONS, tenant, id, list, allowed, now, by).run());
            }
        }
        if let Some(hash) = &self.password {
            queries.push(sql!(SET_PASSWORD, tenant, id, hash, now).run());
        }
        queries
    }
}
