//! New users: the row, the membership and the clients, whichever way the user came.

use serde_json::json;

use super::query::{Query, Statement, sql};
use super::value::Value;
use crate::auth::id::UserId;
use crate::auth::time::Timestamp;
use crate::config::SignUpDefaults;

/// The statement of a [`NewUserRow`], up to the condition under which it is inserted. The condition's
/// own parameters begin with `?15`.
macro_rules! insert_user {
    () => {
        "insert into users (id, first_name, middle_name, last_name, username, username_key, \
           username_address, email, email_key, email_verified, phone, gender, dob, default_tenant_id, \
           name_stands_in, created_on, modified_on) \
         select ?1, ?2, ?3, ?4, ?5, ?6, iif(instr(?6, '@') > 0, ?6, null), ?7, ?8, ?7 is not null, ?9, ?10, ?11, ?12, ?13, ?14, ?14 \
         where "
    };
}
pub(super) use insert_user;

/// Whether the tenant and the role of new users exist: two look-ups by primary key.
macro_rules! tenant_and_role_exist {
    ($tenant:literal, $role:literal) => {
        concat!(
            "(exists (select 1 from tenants where id = ",
            $tenant,
            " and deleted = 0 and status = 1) and exists (select 1 from roles where id = ",
            $role,
            " and deleted = 0))"
        )
    };
}
pub(super) use tenant_and_role_exist;

const DEFAULTS_EXIST: &str = concat!(
    "select ",
    tenant_and_role_exist!("?1", "?2"),
    " as defaults_exist"
);

// A new user's id is drawn for one attempt: that the user exists says that the attempt has won.
const MEMBERSHIP: &str = "insert into user_tenants \
       (id, user_id, tenant_id, role_id, status, locale, created_on, modified_on) \
     select ?1, u.id, ?3, ?4, 1, ?5, ?6, ?6 from users u where u.id = ?2";

const CLIENTS: &str = "insert into user_clients (user_id, client_id) \
     select u.id, c.id from users u join auth_clients c on c.deleted = 0 \
       and c.client_id in (select value from json_each(?2)) where u.id = ?1";

/// The row of a new user. An address counts as verified: an invitation or a provider has proven it.
pub(super) struct NewUserRow<'a> {
    pub id: &'a UserId,
    pub first_name: &'a str,
    pub middle_name: Option<&'a str>,
    pub last_name: Option<&'a str>,
    pub username: &'a str,
    pub username_key: &'a str,
    pub email: Option<&'a str>,
    pub email_key: Option<&'a str>,
    pub phone: Option<&'a str>,
    pub gender: Option<&'a str>,
    pub dob: Option<&'a str>,
    pub tenant_id: &'a str,
    pub name_stands_in: bool,
}

impl NewUserRow<'_> {
    /// Inserts the row by SQL that begins with `insert_user!`, under the condition that follows there.
    pub fn insert(&self, sql: &'static str, now: Timestamp, condition: Vec<Value>) -> Statement {
        let mut statement = sql!(
            sql,
            self.id,
            self.first_name,
            self.middle_name,
            self.last_name,
            self.username,
            self.username_key,
            self.email,
            self.email_key,
            self.phone,
            self.gender,
            self.dob,
            self.tenant_id,
            self.name_stands_in,
            now
        );
        statement.values.extend(condition);
        statement
    }
}

/// The membership of a new user and the clients that the user may sign in to; inserts nothing if the
/// user was not inserted.
pub fn memberships(
    user_id: &UserId,
    membership_id: &str,
    defaults: &SignUpDefaults,
    locale: Option<&str>,
    now: Timestamp,
) -> (Query<()>, Query<()>) {
    let (tenant, role) = (&defaults.tenant_id, &defaults.role_id);
    let membership = sql!(
        MEMBERSHIP,
        membership_id,
        user_id,
        tenant,
        role,
        locale,
        now
    );
    let clients = sql!(CLIENTS, user_id, json!(defaults.client_ids).to_string());
    (membership.run(), clients.run())
}

/// Whether the tenant and the role of new users exist.
pub fn defaults_exist(defaults: &SignUpDefaults) -> Query<(bool,)> {
    sql!(DEFAULTS_EXIST, &defaults.tenant_id, &defaults.role_id).one()
}
