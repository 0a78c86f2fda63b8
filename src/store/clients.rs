//! `auth_clients`: what a caller must prove, and what administrators read and write.
//! Deleted rows are never read and never written.

use crate::auth::time::Timestamp;
use std::borrow::Cow;

use super::query::{Query, Statement, sql};
use super::row::{FromRow, Row, Unreadable};
use super::value::Value;
use crate::auth::client::AuthClient;
use crate::auth::id::{ClientId, UserId};
use crate::auth::secret::Secret;
use crate::wire::loopback::auth_clients::{AuthClientChanges, NewAuthClient};
use crate::wire::loopback::filter::{Clause, ClientRow, Filter, SELECTED, Scalar, Where};

/// The columns of an [`AuthClient`], of the table or alias `c`.
macro_rules! client_columns {
    () => {
        "c.id as client_number, c.client_id as client_name, c.client_secret_digest, \
         c.secret_digest, c.redirect_url, c.access_token_expiration, \
         c.refresh_token_expiration, c.auth_code_expiration"
    };
}
pub(super) use client_columns;

const BY_CLIENT_ID: &str = concat!(
    "select ",
    client_columns!(),
    " from auth_clients c where c.client_id = ?1 and c.deleted = 0"
);

const REDIRECT_URLS: &str =
    "select distinct redirect_url from auth_clients where deleted = 0 and redirect_url is not null";

const CREATE: &str = "insert into auth_clients (client_id, client_secret_digest, secret_digest, \
       redirect_url, access_token_expiration, refresh_token_expiration, auth_code_expiration, \
       created_on, modified_on) \
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8) returning ";

// A trigger ends the sessions of a deleted client.
const DELETE: &str = "update auth_clients \
     set deleted = 1, deleted_on = ?2, deleted_by = ?3, modified_on = ?2 \
     where id = ?1 and deleted = 0";

/// What D1 says where two live clients would have one name.
pub const NAME_TAKEN: &str = "UNIQUE constraint failed: auth_clients.client_id";

impl FromRow for AuthClient {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("client_number")?,
            client_id: row.get("client_name")?,
            client_secret_digest: row.get("client_secret_digest")?,
            secret_digest: row.get("secret_digest")?,
            redirect_url: row.get("redirect_url")?,
            access_token_expiration: row.get("access_token_expiration")?,
            refresh_token_expiration: row.get("refresh_token_expiration")?,
            auth_code_expiration: row.get("auth_code_expiration")?,
        })
    }
}

impl FromRow for ClientRow {
    // A scan selects only the columns that its condition needs.
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("id")?,
            client_id: row.selected("client_id")?,
            redirect_url: row.selected("redirect_url")?,
            access_token_expiration: row.selected("access_token_expiration")?,
            refresh_token_expiration: row.selected("refresh_token_expiration")?,
            auth_code_expiration: row.selected("auth_code_expiration")?,
            created_on: row.selected("created_on")?,
            modified_on: row.selected("modified_on")?,
        })
    }
}

impl From<Scalar> for Value {
    fn from(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Integer(number) => Self::Integer(number),
            Scalar::Text(text) => Self::Text(text),
        }
    }
}

/// The live client of a public name.
pub fn by_client_id(client_id: &ClientId) -> Query<Option<AuthClient>> {
    sql!(BY_CLIENT_ID, client_id).first()
}

/// Where browsers come back to after signing in with an identity provider.
pub fn redirect_urls() -> Query<Vec<(String,)>> {
    sql!(REDIRECT_URLS).all()
}

/// Creates a client; fails with [`NAME_TAKEN`] if its name is taken.
pub fn create(new: &NewAuthClient, now: Timestamp) -> Query<ClientRow> {
    let statement = sql!(
        format!("{CREATE}{SELECTED}"),
        &new.client_id,
        new.client_secret.digest(),
        new.secret.digest(),
        new.redirect_url.as_deref(),
        new.access_token_expiration,
        new.refresh_token_expiration,
        new.auth_code_expiration,
        now
    );
    statement.one()
}

/// The client of a number.
pub fn by_number(number: i64) -> Query<Option<ClientRow>> {
    let sql = format!("select {SELECTED} from auth_clients where id = ?1 and deleted = 0");
    sql!(sql, number).first()
}

/// A page of the clients that a clause selects.
pub fn page(filter: &Filter, clause: Clause) -> Query<Vec<ClientRow>> {
    let select = format!("select {SELECTED} from auth_clients");
    ending(&select, Vec::new(), filter.page(clause)).all()
}

/// How many clients a clause selects.
pub fn count(clause: Clause) -> Query<(i64,)> {
    ending("select count(*) from auth_clients", Vec::new(), clause).one()
}

/// Every client, in the columns that a condition needs which SQL cannot say; for [`Where::select`].
pub fn scan(rows: &Where) -> Query<Vec<ClientRow>> {
    sql!(rows.scan()).all()
}

/// Changes the clients that a clause selects, all or none, and counts them; fails with
/// [`NAME_TAKEN`] if a name is taken.
pub fn update(clause: Clause, changes: &AuthClientChanges, now: Timestamp) -> Query<usize> {
    let (columns, values): (Vec<_>, Vec<_>) = assignments(changes, now).unzip();
    let update = format!("update auth_clients set {} = ?", columns.join(" = ?, "));
    ending(&update, values, clause).changes()
}

/// Deletes a client on an administrator's behalf; 0 if there is none.
pub fn delete(number: i64, by: Option<&UserId>, now: Timestamp) -> Query<usize> {
    sql!(DELETE, number, now, by).changes()
}

/// The columns to be set, and to what.
fn assignments(
    changes: &AuthClientChanges,
    now: Timestamp,
) -> impl Iterator<Item = (&'static str, Value)> {
    let digest = |secret: &Secret| Value::from(secret.digest());
    let url = changes.redirect_url.as_ref();
    [
        ("modified_on", Some(now.into())),
        ("client_id", changes.client_id.as_ref().map(Value::from)),
        (
            "client_secret_digest",
            changes.client_secret.as_ref().map(digest),
        ),
        ("secret_digest", changes.secret.as_ref().map(digest)),
        ("redirect_url", url.map(|url| url.as_deref().into())),
        (
            "access_token_expiration",
            changes.access_token_expiration.map(Value::from),
        ),
        (
            "refresh_token_expiration",
            changes.refresh_token_expiration.map(Value::from),
        ),
        (
            "auth_code_expiration",
            changes.auth_code_expiration.map(Value::from),
        ),
    ]
    .into_iter()
    .filter_map(|(column, value)| Some((column, value?)))
}

/// A statement that ends in a clause. Its own `?` come first, and so do its values.
fn ending(start: &str, mut values: Vec<Value>, clause: Clause) -> Statement {
    values.extend(clause.values.into_iter().map(Value::from));
    Statement::new(Cow::Owned(format!("{start} {}", clause.sql)), values)
}
