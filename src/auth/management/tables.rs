//! The tables that administrators manage, column by column, as ARC's user-tenant-service shows them.

use crate::auth::table::column::ColumnKind::{Boolean, Date, Integer, Object, Text, Texts, Time};
use crate::auth::table::column::{Column, Folded, Limit, Table, numbered};

const NAME: Limit = Limit::Characters(100);
const LINE: Limit = Limit::Characters(255);
const ID: Limit = Limit::Characters(100);

/// The columns of every model, which only this service writes, and those of one.
macro_rules! columns {
    ($($column:expr),* $(,)?) => {
        &numbered([
            Column::own("deleted", "deleted", Boolean),
            Column::own("deletedOn", "deleted_on", Time).or_null(),
            Column::own("deletedBy", "deleted_by", Text).or_null(),
            Column::own("createdOn", "created_on", Time),
            Column::own("modifiedOn", "modified_on", Time),
            Column::own("createdBy", "created_by", Text).or_null(),
            Column::own("modifiedBy", "modified_by", Text).or_null(),
            $($column),*
        ])
    };
}

/// `tenants`; its status is 0 pending, 1 active, 2 inactive.
pub static TENANTS: Table = Table {
    entity: "Tenant",
    source: "tenants",
    columns: columns![
        Column::own("id", "id", Text),
        Column::required("name", "name", Text, NAME),
        Column::required("status", "status", Integer, Limit::Between(0, 2)).or_default(),
        Column::optional("key", "key", Text, Limit::Characters(20)),
        Column::optional("website", "website", Text, Limit::WebUrl(255)),
        Column::optional("address", "address", Text, LINE),
        Column::optional("city", "city", Text, NAME),
        Column::optional("state", "state", Text, NAME),
        Column::optional("zip", "zip", Text, Limit::Characters(25)),
        Column::optional("country", "country", Text, NAME),
    ],
};

/// `tenant_configs`.
pub static TENANT_CONFIGS: Table = Table {
    entity: "TenantConfig",
    source: "tenant_configs",
    columns: columns![
        Column::own("id", "id", Text),
        Column::required("configKey", "config_key", Text, NAME),
        Column::required("configValue", "config_value", Object, Limit::Object(16_384)),
        Column::own("tenantId", "tenant_id", Text),
    ],
};

/// `roles`; one without a tenant is of all tenants.
pub static ROLES: Table = Table {
    entity: "Role",
    source: "roles",
    columns: columns![
        Column::own("id", "id", Text),
        Column::required("name", "name", Text, NAME),
        Column::required("roleType", "role_type", Integer, Limit::Between(0, 1_000)).or_default(),
        Column::optional("description", "description", Text, LINE),
        Column::required("permissions", "permissions", Texts, Limit::Texts(500)).or_default(),
        Column::optional(
            "allowedClients",
            "allowed_clients",
            Texts,
            Limit::Texts(100)
        ),
        Column::required("includes", "includes", Texts, Limit::Texts(50)).or_default(),
        Column::required("requireMfa", "require_mfa", Boolean, Limit::Flag).or_default(),
        Column::own("tenantId", "tenant_id", Text).or_null(),
    ],
};

/// `groups`.
pub static GROUPS: Table = Table {
    entity: "Group",
    source: "groups",
    columns: columns![
        Column::own("id", "id", Text),
        Column::required("name", "name", Text, NAME),
        Column::optional("description", "description", Text, LINE),
        Column::optional("photoUrl", "photo_url", Text, Limit::WebUrl(500)),
        Column::own("tenantId", "tenant_id", Text),
    ],
};

/// `user_groups`: the memberships that are in a group.
pub static USER_GROUPS: Table = Table {
    entity: "UserGroup",
    source: "user_groups",
    columns: columns![
        Column::own("id", "id", Text),
        Column::own("groupId", "group_id", Text),
        Column::required("userTenantId", "user_tenant_id", Text, ID),
    ],
};

/// `user_permissions`: what one member may do beyond the role, or in spite of it.
pub static USER_PERMISSIONS: Table = Table {
    entity: "UserLevelPermission",
    source: "user_permissions",
    columns: columns![
        Column::own("id", "id", Text),
        Column::required("permission", "permission", Text, Limit::Characters(150)),
        Column::required("allowed", "allowed", Boolean, Limit::Flag),
        Column::own("userTenantId", "user_tenant_id", Text),
    ],
};

/// Users as members of a tenant: `UserView`.
#[rustfmt::skip]
pub static USERS: Table = Table {
    entity: "User",
    source: "user_tenants m cross join users u on u.id = m.user_id \
        cross join tenants t on t.id = m.tenant_id cross join roles r on r.id = m.role_id",
    columns: &numbered([
        Column::own("deleted", "deleted", Boolean).at("u.deleted"),
        Column::own("deletedOn", "deleted_on", Time).or_null().at("u.deleted_on"),
        Column::own("deletedBy", "deleted_by", Text).or_null().at("u.deleted_by"),
        Column::own("createdOn", "created_on", Time).at("m.created_on"),
        Column::own("modifiedOn", "modified_on", Time).at("u.modified_on"),
        Column::own("createdBy", "created_by", Text).or_null().at("m.created_by"),
        Column::own("modifiedBy", "modified_by", Text).or_null().at("u.modified_by"),
        Column::own("id", "id", Text).at("m.user_id").folded(Folded::Exact("m.user_id")),
        Column::required("firstName", "first_name", Text, Limit::Characters(50)).at("u.first_name").folded(Folded::Ascii("m.first_name_key")),
        Column::optional("lastName", "last_name", Text, Limit::Characters(50)).at("u.last_name").folded(Folded::Ascii("m.last_name_key")),
        Column::optional("middleName", "middle_name", Text, Limit::Characters(50)).at("u.middle_name"),
        Column::required("username", "username", Text, Limit::Characters(150)).at("u.username").folded(Folded::Name("m.username_key")),
        Column::required("email", "email", Text, Limit::Address).at("u.email").folded(Folded::Name("m.email_key")),
        Column::optional("designation", "designation", Text, Limit::Characters(50)).at("u.designation"),
        Column::optional("phone", "phone", Text, Limit::Characters(15)).at("u.phone"),
        Column::optional("authClientIds", "auth_client_ids", Text, Limit::Characters(1_000))
            .at("(select '{' || group_concat(a.client_id) || '}' from user_clients a where a.user_id = m.user_id)"),
        Column::own("lastLogin", "last_login", Time).or_null().at("u.last_login"),
        Column::optional("photoUrl", "photo_url", Text, Limit::WebUrl(500)).at("u.photo_url"),
        Column::optional("gender", "gender", Text, Limit::OneOf(&["M", "F", "O"])).at("u.gender"),
        Column::optional("dob", "dob", Date, Limit::Day).at("u.dob"),
        Column::own("defaultTenantId", "default_tenant_id", Text).or_null().at("u.default_tenant_id"),
        Column::required("status", "status", Integer, Limit::Between(0, 4)).or_default().at("m.status"),
        Column::own("tenantId", "tenant_id", Text).at("m.tenant_id"),
        Column::required("roleId", "role_id", Text, ID).at("m.role_id"),
        Column::own("roleName", "role_name", Text).at("r.name"),
        Column::own("tenantName", "tenant_name", Text).at("t.name"),
        Column::own("tenantKey", "tenant_key", Text).or_null().at("t.key"),
        Column::own("userTenantId", "user_tenant_id", Text).at("m.id").folded(Folded::Exact("m.id")),
        Column::optional("locale", "locale", Text, Limit::Characters(35)).at("m.locale"),
    ]),
};

/// `login_activity`, as ARC's `/login-activity` shows it, and what we know besides.
#[rustfmt::skip]
pub static LOGIN_ACTIVITY: Table = Table {
    entity: "LoginActivity",
    source: "login_activity",
    columns: &numbered([
        Column::own("id", "id", Text),
        Column::own("actor", "user_id", Text).or_null(),
        Column::own("tenantId", "tenant_id", Text).or_null(),
        Column::own("loginTime", "at", Time),
        Column::own("tokenPayload", "token_payload", Text).or_null().at("null"),
        Column::own("loginType", "login_type", Text)
            .at("case kind when 'sign-in' then 'LOGIN' when 'sign-out' then 'LOGOUT' when 'refresh' then 'RELOGIN' else 'ACCESS' end"),
        Column::own("deviceInfo", "user_agent", Text).or_null(),
        Column::own("ipAddress", "address", Text).or_null(),
        Column::own("kind", "kind", Text),
        Column::own("result", "result", Text),
        Column::own("clientId", "client_id", Integer).or_null(),
        Column::own("sessionId", "session_id", Text).or_null(),
        Column::own("country", "country", Text).or_null(),
        Column::own("target", "target", Text).or_null(),
        Column::own("detail", "detail", Object).or_null(),
    ]),
};

/// `outbox`: events and how their delivery went.
#[rustfmt::skip]
pub static OUTBOX: Table = Table {
    entity: "OutboxEvent",
    source: "outbox",
    columns: &numbered([
        Column::own("id", "id", Text),
        Column::own("kind", "kind", Text),
        Column::own("subject", "subject", Text),
        Column::own("data", "data", Object),
        Column::own("createdOn", "created_on", Time),
        Column::own("nextOn", "next_on", Time),
        Column::own("tries", "tries", Integer),
        Column::own("deliveredOn", "delivered_on", Time).or_null(),
        Column::own("failedOn", "failed_on", Time).or_null(),
        Column::own("lastError", "last_error", Text).or_null(),
    ]),
};
