//! D1: an account in one row.

use serde::Deserialize;

use super::db::{Answers, Db, Statement, sql};
use crate::auth::account::{Account, Membership, effective_permissions, fold};
use crate::error::Error;

/// The columns of an [`AccountRow`], of the view `accounts` as `a`.
macro_rules! account_columns {
    () => {
        "a.user_id, a.first_name, a.middle_name, a.last_name, a.username, a.email, a.phone, \
         a.last_login, a.gender, a.dob, a.default_tenant_id, a.user_tenant_id, a.tenant_id, \
         a.status, a.role_permissions, a.role_type, a.standing, a.permission_changes, \
         a.client_ids, a.locale, \
         (select r.name from user_tenants m join roles r on r.id = m.role_id \
            where m.id = a.user_tenant_id) as role_name"
    };
}
pub(super) use account_columns;

/// Whether a live user has the folded username or address: two look-ups, each on its own index.
macro_rules! taken_name {
    ($username:literal, $email:literal) => {
        concat!(
            "(exists (select 1 from users where username_key = ",
            $username,
            " and deleted = 0) or exists (select 1 from users where email_key = ",
            $email,
            " and deleted = 0))"
        )
    };
}
pub(super) use taken_name;

// Two look-ups, each on its own index; a name with @ is an address, so they never disagree.
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
    ", p.password from accounts a left join user_credentials p on p.user_id = a.user_id \
     where a.user_id = (select user_id from one_time where key = ?1)"
);

const PROVIDERS: &str =
    "select provider from user_identities where user_id = ?1 order by last_used_on desc, provider";

/// An account as it is read.
#[derive(Deserialize)]
pub struct AccountRow {
    user_id: String,
    first_name: String,
    middle_name: Option<String>,
    last_name: Option<String>,
    username: String,
    email: Option<String>,
    phone: Option<String>,
    last_login: Option<i64>,
    gender: Option<String>,
    dob: Option<String>,
    default_tenant_id: Option<String>,
    user_tenant_id: Option<String>,
    tenant_id: Option<String>,
    status: Option<i64>,
    role_permissions: Option<String>,
    role_name: Option<String>,
    role_type: Option<i64>,
    standing: i64,
    permission_changes: String,
    client_ids: String,
    locale: Option<String>,
}

/// An account with the stored password, if it has one.
pub struct AccountWithPassword {
    /// The account.
    pub account: Account,
    /// A PHC string or bcrypt.
    pub password: Option<String>,
    /// When the password was set, epoch milliseconds: tells whether it still is the same.
    pub password_changed_on: Option<i64>,
}

#[derive(Deserialize)]
struct PermissionChange {
    permission: String,
    allowed: i64,
}

impl TryFrom<AccountRow> for Account {
    type Error = Error;

    fn try_from(row: AccountRow) -> Result<Self, Error> {
        let membership = match (row.user_tenant_id, row.tenant_id, row.status) {
            (Some(id), Some(tenant_id), Some(status)) => {
                let changes: Vec<PermissionChange> = json(&row.permission_changes)?;
                let changes = changes
                    .into_iter()
                    .map(|change| (change.permission, change.allowed == 1));
                let role = json(row.role_permissions.as_deref().unwrap_or("[]"))?;
                Some(Membership {
                    id,
                    tenant_id,
                    status,
                    standing: row.standing == 1,
                    role_name: row.role_name.unwrap_or_default(),
                    role_type: row.role_type.unwrap_or(1),
                    permissions: effective_permissions(role, changes),
                })
            }
            _ => None,
        };
        Ok(Self {
            id: row.user_id,
            username: row.username,
            email: row.email,
            first_name: row.first_name,
            middle_name: row.middle_name,
            last_name: row.last_name,
            phone: row.phone,
            gender: row.gender,
            dob: row.dob,
            last_login: row.last_login,
            default_tenant_id: row.default_tenant_id,
            membership,
            client_ids: json(&row.client_ids)?,
            locale: row.locale,
        })
    }
}

/// Finds a live account by username or e-mail address: read it with [`with_password`].
pub fn find_by_name(name: &str) -> Statement {
    sql!(BY_NAME, &fold(name))
}

/// Reads the n-th answer of a batch, which asked [`find_by_name`].
pub fn with_password(answers: &Answers, n: usize) -> Result<Option<AccountWithPassword>, Error> {
    #[derive(Deserialize)]
    struct Row {
        #[serde(flatten)]
        account: AccountRow,
        password: Option<String>,
        password_changed_on: Option<i64>,
    }
    let Some(row) = answers.row::<Row>(n)? else {
        return Ok(None);
    };
    Ok(Some(AccountWithPassword {
        account: row.account.try_into()?,
        password: row.password,
        password_changed_on: row.password_changed_on,
    }))
}

/// Finds the live account that a link is for: read it with [`with_password`].
pub fn find_by_link(key: &str) -> Statement {
    sql!(BY_LINK, key)
}

/// The providers through which a user comes in, the last used first.
pub async fn providers(db: &Db, user_id: &str) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Row {
        provider: String,
    }
    let rows: Vec<Row> = db.all(sql!(PROVIDERS, user_id)).await?.rows(0)?;
    Ok(rows.into_iter().map(|row| row.provider).collect())
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Internal(format!("stored JSON: {error}")))
}
