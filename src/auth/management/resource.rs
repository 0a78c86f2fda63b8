//! What an operation on rows needs: the table, the permissions, and what the rows belong to.

use super::permission::{
    CREATE_GROUP, CREATE_ROLES, CREATE_TENANT, CREATE_USER_GROUP, CREATE_USER_PERMISSIONS,
    CREATE_USER_TENANT, DELETE_GROUP, DELETE_ROLES, DELETE_TENANT, DELETE_USER_TENANT, NOT_ALLOWED,
    Permission, REMOVE_MEMBER_FROM_USER_GROUP, UPDATE_GROUP, UPDATE_ROLES, UPDATE_TENANT,
    UPDATE_USER_PERMISSIONS, UPDATE_USER_TENANT, VIEW_GROUP_LIST, VIEW_LOGIN_ACTIVITY, VIEW_ROLES,
    VIEW_TENANT, VIEW_USER_GROUP_LIST, VIEW_USER_TENANT,
};
use super::tables;
use crate::auth::client::columns::AUTH_CLIENTS as AUTH_CLIENT_TABLE;
use crate::auth::table::column::Table;

/// Rows that are managed alike.
pub struct Resource {
    /// Their table.
    pub table: &'static Table,
    /// What the audit log calls a change of them.
    pub kind: &'static str,
    /// What the rows belong to.
    pub belongs_to: Belonging,
    /// Any of these lets a bearer read.
    pub view: &'static [Permission],
    /// Any of these lets a bearer create.
    pub create: &'static [Permission],
    /// Any of these lets a bearer change.
    pub update: &'static [Permission],
    /// Any of these lets a bearer delete.
    pub delete: &'static [Permission],
}

/// What a row belongs to, and so which tenant's borders hold for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belonging {
    /// The whole deployment: only who may administer everything.
    Deployment,
    /// It is a tenant.
    IsTenant,
    /// The tenant of the path.
    Tenant,
    /// The tenant of the path, or all tenants, where only who may administer everything writes it.
    TenantOrAll,
    /// The group of the path.
    Group,
    /// The membership of the path.
    Membership,
    /// The tenant that its row names.
    OwnTenant,
    /// The whole deployment, in the order of time.
    Log,
}

/// Clients.
pub static AUTH_CLIENTS: Resource = Resource {
    table: &AUTH_CLIENT_TABLE,
    kind: "client",
    belongs_to: Belonging::Deployment,
    view: &[NOT_ALLOWED],
    create: &[NOT_ALLOWED],
    update: &[NOT_ALLOWED],
    delete: &[NOT_ALLOWED],
};

/// Tenants.
pub static TENANTS: Resource = Resource {
    table: &tables::TENANTS,
    kind: "tenant",
    belongs_to: Belonging::IsTenant,
    view: &[VIEW_TENANT],
    create: &[CREATE_TENANT],
    update: &[UPDATE_TENANT],
    delete: &[DELETE_TENANT],
};

/// Settings of a tenant.
pub static TENANT_CONFIGS: Resource = Resource {
    table: &tables::TENANT_CONFIGS,
    kind: "tenant-config",
    belongs_to: Belonging::Tenant,
    ..TENANTS
};

/// Roles of a tenant.
pub static ROLES: Resource = Resource {
    table: &tables::ROLES,
    kind: "role",
    belongs_to: Belonging::TenantOrAll,
    view: &[VIEW_ROLES],
    create: &[CREATE_ROLES],
    update: &[UPDATE_ROLES],
    delete: &[DELETE_ROLES],
};

/// Groups of a tenant.
pub static GROUPS: Resource = Resource {
    table: &tables::GROUPS,
    kind: "group",
    belongs_to: Belonging::Tenant,
    view: &[VIEW_GROUP_LIST],
    create: &[CREATE_GROUP],
    update: &[UPDATE_GROUP],
    delete: &[DELETE_GROUP],
};

/// Members of a group.
pub static USER_GROUPS: Resource = Resource {
    table: &tables::USER_GROUPS,
    kind: "user-group",
    belongs_to: Belonging::Group,
    view: &[VIEW_USER_GROUP_LIST],
    create: &[CREATE_USER_GROUP],
    update: &[],
    delete: &[REMOVE_MEMBER_FROM_USER_GROUP],
};

/// Permissions of one member.
pub static USER_PERMISSIONS: Resource = Resource {
    table: &tables::USER_PERMISSIONS,
    kind: "user-permission",
    belongs_to: Belonging::Membership,
    view: &[VIEW_USER_TENANT],
    create: &[CREATE_USER_TENANT, CREATE_USER_PERMISSIONS],
    update: &[UPDATE_USER_TENANT, UPDATE_USER_PERMISSIONS],
    delete: &[DELETE_USER_TENANT],
};

/// The audit log.
pub static LOGIN_ACTIVITY: Resource = Resource {
    table: &tables::LOGIN_ACTIVITY,
    kind: "activity",
    belongs_to: Belonging::OwnTenant,
    view: &[VIEW_LOGIN_ACTIVITY],
    create: &[],
    update: &[],
    delete: &[],
};

/// Events on their way.
pub static OUTBOX: Resource = Resource {
    table: &tables::OUTBOX,
    kind: "event",
    belongs_to: Belonging::Log,
    view: &[NOT_ALLOWED],
    create: &[],
    update: &[NOT_ALLOWED],
    delete: &[],
};
