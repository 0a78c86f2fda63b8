//! An account in one row: user, membership of the default tenant, role, permissions, clients.

use serde::Deserialize;

use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::account::{Account, Membership, canonical_name, effective_permissions};
use crate::auth::id::UserId;
use crate::auth::time::Timestamp;

/// The columns of an [`Account`], of the view `accounts` as `a`.
macro_rules! account_columns {
    () => {
        "a.user_id, a.first_name, a.middle_name, a.last_name, a.username, a.email, a.email_verified, a.phone, \
         a.last_login, a.gender, a.dob, a.default_tenant_id, a.user_tenant_id, a.tenant_id, \
         a.status, a.role_name, a.role_permissions, a.role_type, a.role_includes, a.standing, \
         a.permission_changes, a.client_ids, a.locale"
    };
}
pub(super) use account_columns;

/// Whether a live user has the folded username or address, as either: a username may be an address
/// that is not its user's own. Two look-ups, each on its own index.
macro_rules! taken_name {
    ($username:literal, $email:literal) => {
        concat!(
            "(exists (select 1 from users where username_key in (",
            $username,
            ", ",
            $email,
            ") and deleted = 0) or exists (select 1 from users where email_key in (",
            $username,
            ", ",
            $email,
            ") and deleted = 0))"
        )
    };
}
pub(super) use taken_name;

// Two look-ups, each on its own index; nobody's username is another's address, so they never disagree.
const BY_NAME: &str = concat!(
    "select ",
    account_columns!(),
    ", p.password, p.changed_on as password_changed_on from accounts a left join user_credentials p on p.user_id = a.user_id \
     where a.user_id = coalesce( \
       (select id from users where username_key = ?1 and deleted = 0), \
       (select id from users where email_key = ?1 and deleted = 0))"
);

const BY_LINK: &str = concat!(
    "select ",
    account_columns!(),
    ", p.password, p.changed_on as password_changed_on from accounts a left join user_credentials p on p.user_id = a.user_id \
     where a.user_id = (select user_id from one_time where key = ?1)"
);

const BY_ID: &str = concat!(
    "select ",
    account_columns!(),
    " from accounts a where a.user_id = ?1"
);

const BY_IDS: &str = concat!(
    "select ",
    account_columns!(),
    " from json_each(?1) x cross join accounts a on a.user_id = x.value"
);

const BY_MEMBERSHIP: &str = concat!(
    "select ",
    account_columns!(),
    " from accounts a where a.user_id = (select user_id from user_tenants where id = ?1)"
);

const PROVIDERS: &str =
    "select provider from user_identities where user_id = ?1 order by last_used_on desc, provider";

/// An account with the stored password, if it has one.
pub struct AccountWithPassword {
    /// The account.
    pub account: Account,
    /// A PHC string, or bcrypt's own form.
    pub password: Option<String>,
    /// When the password was set: another value means another password.
    pub password_changed_on: Option<Timestamp>,
}

#[derive(Deserialize)]
struct PermissionChange {
    permission: String,
    allowed: i64,
}

impl FromRow for Account {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("user_id")?,
            username: row.get("username")?,
            email: row.get("email")?,
            email_verified: row.get("email_verified")?,
            first_name: row.get("first_name")?,
            middle_name: row.get("middle_name")?,
            last_name: row.get("last_name")?,
            phone: row.get("phone")?,
            gender: row.get("gender")?,
            dob: row.get("dob")?,
            last_login: row.get("last_login")?,
            default_tenant_id: row.get("default_tenant_id")?,
            membership: membership(row)?,
            client_ids: row.json("client_ids")?,
            locale: row.get("locale")?,
        })
    }
}

/// The membership of the default tenant, if there is one.
fn membership(row: &Row<'_>) -> Result<Option<Membership>, Unreadable> {
    let Some(id) = row.get("user_tenant_id")? else {
        return Ok(None);
    };
    let texts = |name| match row.get::<Option<String>>(name)? {
        Some(_) => row.json(name),
        None => Ok(Vec::new()),
    };
    let role = texts("role_permissions")?;
    let changes: Vec<PermissionChange> = row.json("permission_changes")?;
    let changes = changes
        .into_iter()
        .map(|change| (change.permission, change.allowed == 1));
    Ok(Some(Membership {
        id,
        tenant_id: row.get("tenant_id")?,
        status: row.get("status")?,
        is_effective: row.get("standing")?,
        role_name: row.get::<Option<String>>("role_name")?.unwrap_or_default(),
        role_parts: texts("role_includes")?,
        role_type: row.get::<Option<i64>>("role_type")?.unwrap_or(1),
        permissions: effective_permissions(role, changes),
    }))
}

impl FromRow for AccountWithPassword {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            account: Account::from_row(row)?,
            password: row.get("password")?,
            password_changed_on: row.get("password_changed_on")?,
        })
    }
}

/// The live account of a username or e-mail address.
pub fn by_name(name: &str) -> Query<Option<AccountWithPassword>> {
    sql!(BY_NAME, canonical_name(name)).first()
}

/// The live accounts of some users.
pub fn by_ids(ids: &[&str]) -> Query<Vec<Account>> {
    sql!(BY_IDS, serde_json::json!(ids).to_string()).all()
}

/// The live account that a link is for.
pub fn by_link(key: &str) -> Query<Option<AccountWithPassword>> {
    sql!(BY_LINK, key).first()
}

/// The live account of a user.
pub fn by_id(user_id: &UserId) -> Query<Option<Account>> {
    sql!(BY_ID, user_id).first()
}

/// The live account of which this is a membership.
pub fn by_membership(membership_id: &str) -> Query<Option<Account>> {
    sql!(BY_MEMBERSHIP, membership_id).first()
}

/// The providers that a user signs in with, the last used first.
pub fn providers(user_id: &UserId) -> Query<Vec<(String,)>> {
    sql!(PROVIDERS, user_id).all()
}
