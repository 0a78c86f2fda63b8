//! People as members of a tenant, as they are created, changed and let go: each in one batch, whole or
//! not at all.

use super::batch::Batch;
use super::people::by_id;
use super::person_values::{Giver, PersonValues, role_is_given};
use super::query::{Statement, sql};
use super::records::{Author, OwnValues};
use super::value::Value;
use crate::auth::id::UserId;
use crate::auth::table::row::TableRow;

const ROLE_EXISTS: &str = "select exists (select 1 from roles where id = ?1 and deleted = 0 \
     and (tenant_id is null or tenant_id = ?2))";

const MEMBERSHIP: &str = "insert into user_tenants \
       (id, user_id, tenant_id, role_id, status, locale, created_by, modified_by, created_on, modified_on) \
     select ?1, u.id, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?8 from users u where u.id = ?2";

const ADD_CLIENTS: &str = "insert into user_clients (user_id, client_id) \
     select u.id, c.id from users u cross join json_each(?2) x \
       cross join auth_clients c on c.id = x.value and c.deleted = 0 \
     where u.id = ?1 on conflict do nothing";

const DROP_CLIENTS: &str = "delete from user_clients where user_id = ?1 \
     and client_id not in (select value from json_each(?2))";

const LEAVE: &str = "update user_tenants set deleted = 1, deleted_on = ?3, deleted_by = ?4, modified_on = ?3 \
     where tenant_id = ?1 and user_id = ?2 and deleted = 0";

// The next tenant is the one that the user has been a member of for longest.
const MOVE_HOME: &str = "update users set modified_on = ?3, default_tenant_id = ( \
       select m.tenant_id from user_tenants m where m.user_id = ?2 and m.deleted = 0 order by m.created_on, m.id limit 1) \
     where id = ?2 and deleted = 0 and default_tenant_id = ?1 \
       and exists (select 1 from user_tenants m where m.user_id = ?2 and m.deleted = 0)";

const DELETE_IF_NOWHERE: &str = "update users set deleted = 1, deleted_on = ?2, deleted_by = ?3, modified_on = ?2 \
     where id = ?1 and deleted = 0 \
       and not exists (select 1 from user_tenants m where m.user_id = ?1 and m.deleted = 0)";

/// How a write went: the person as they are now, if there is one; and whether the role exists.
pub struct PersonWritten {
    /// The row before.
    pub before: Option<TableRow>,
    /// The row now.
    pub after: Option<TableRow>,
    /// Whether there is such a role, and nothing where none was given.
    pub role_exists: Option<bool>,
    /// Whether anything was written.
    pub written: bool,
}

/// Creates a person and the membership, or nothing.
pub fn create(
    tenant: &str,
    id: &UserId,
    membership_id: &str,
    values: PersonValues,
    giver: &Giver<'_>,
) -> impl Batch<Output = PersonWritten> + use<> {
    let membership = membership(tenant, id, membership_id, &values, giver.author);
    let clients = values.clients.clone().unwrap_or_else(|| "[]".to_owned());
    let role = values.role.clone().unwrap_or_default();
    let batch = (
        user(tenant, id, values, giver).changes(),
        membership.run(),
        sql!(ADD_CLIENTS, id, clients).run(),
        sql!(ROLE_EXISTS, role, tenant).one::<(bool,)>(),
        by_id(tenant, id.as_str()),
    );
    batch.map(|(created, (), (), (role_exists,), after)| PersonWritten {
        before: None,
        after,
        role_exists: Some(role_exists),
        written: created > 0,
    })
}

/// The row of a new user, if the tenant exists and the role may be given.
fn user(tenant: &str, id: &UserId, values: PersonValues, giver: &Giver<'_>) -> Statement {
    let Author { by, now } = giver.author;
    let (given, given_values) = role_is_given(values.role(), tenant, giver.held);
    let mut user = values.user;
    user.extend([
        ("id", id.into()),
        ("default_tenant_id", tenant.into()),
        ("created_on", now.into()),
        ("modified_on", now.into()),
        ("created_by", by.into()),
        ("modified_by", by.into()),
    ]);
    let (columns, mut bound): (Vec<_>, Vec<_>) = user.into_iter().unzip();
    let insert = format!(
        "insert into users ({}) select {} \
         where exists (select 1 from tenants where id = ? and deleted = 0) and {given}",
        columns.join(", "),
        vec!["?"; columns.len()].join(", "),
    );
    bound.push(tenant.into());
    bound.extend(given_values);
    Statement::new(insert, bound)
}

/// The membership of a new user, if there is one; active unless another status is said.
fn membership(
    tenant: &str,
    id: &UserId,
    membership_id: &str,
    values: &PersonValues,
    author: Author<'_>,
) -> Statement {
    let said = |name: &str| {
        let mut values = values.membership.iter();
        values.find_map(|(other, value)| (*other == name).then(|| value.clone()))
    };
    sql!(
        MEMBERSHIP,
        membership_id,
        id,
        tenant,
        said("role_id").unwrap_or_default(),
        said("status").unwrap_or(Value::Integer(1)),
        said("locale").unwrap_or_default(),
        author.by,
        author.now
    )
}

/// Changes a person and the membership, or nothing.
pub fn update(
    tenant: &str,
    id: &str,
    values: PersonValues,
    giver: &Giver<'_>,
) -> impl Batch<Output = PersonWritten> + use<> {
    let Author { by, now } = giver.author;
    let author = || [("modified_on", now.into()), ("modified_by", by.into())];
    let role = values.role.clone();
    let given = role_is_given(role.as_deref(), tenant, giver.held);
    let own_name = |values: OwnValues| values.into_iter().chain(author()).collect();
    let user: OwnValues = own_name(values.user);
    let membership: OwnValues = own_name(values.membership);
    let of_user = "id = ? and deleted = 0 and exists (select 1 from user_tenants m \
         where m.tenant_id = ? and m.user_id = users.id and m.deleted = 0)";
    let user_ids = vec![Value::from(id), tenant.into()];
    let of_membership = "user_id = ? and tenant_id = ? and deleted = 0";
    let clients = values.clients.as_ref();
    let batch = (
        by_id(tenant, id),
        set("users", user, of_user, user_ids.clone(), &given).changes(),
        set("user_tenants", membership, of_membership, user_ids, &given).changes(),
        clients.map(|list| sql!(DROP_CLIENTS, id, list).run()),
        clients.map(|list| sql!(ADD_CLIENTS, id, list).run()),
        role.map(|role| sql!(ROLE_EXISTS, role, tenant).one::<(bool,)>()),
        by_id(tenant, id),
    );
    batch.map(
        |(before, _, written, _, _, role_exists, after)| PersonWritten {
            before,
            after,
            role_exists: role_exists.map(|(exists,)| exists),
            written: written > 0,
        },
    )
}

fn set(
    table: &str,
    values: OwnValues,
    condition: &str,
    ids: Vec<Value>,
    (given, more): &(&'static str, Vec<Value>),
) -> Statement {
    let (columns, mut bound): (Vec<_>, Vec<_>) = values.into_iter().unzip();
    let sql = format!(
        "update {table} set {} = ? where {condition} and {given}",
        columns.join(" = ?, ")
    );
    bound.extend(ids);
    bound.extend(more.iter().cloned());
    Statement::new(sql, bound)
}

/// Ends a membership, and the account with its last one; the person as they were, and whether it was a
/// membership.
pub fn remove(
    tenant: &str,
    id: &str,
    author: Author<'_>,
) -> impl Batch<Output = (Option<TableRow>, bool)> + use<> {
    let Author { by, now } = author;
    let batch = (
        by_id(tenant, id),
        sql!(LEAVE, tenant, id, now, by).changes(),
        sql!(MOVE_HOME, tenant, id, now).run(),
        sql!(DELETE_IF_NOWHERE, id, now, by).run(),
    );
    batch.map(|(before, left, (), ())| (before, left > 0))
}
