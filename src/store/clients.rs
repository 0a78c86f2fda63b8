//! `auth_clients`: what the rules need of a client, and what administrators read and write.
//! Deleted rows are never read and never written.

use std::borrow::Cow;

use super::clause::{self, Clause};
use super::query::{Query, Statement, sql};
use super::row::{FromRow, Row, Unreadable};
use super::value::Value;
use crate::auth::client::AuthClient;
use crate::auth::client::changes::{AuthClientChanges, NewAuthClient, NewValue};
use crate::auth::client::column::{COLUMNS, Column, ColumnKind};
use crate::auth::client::condition::Where;
use crate::auth::client::page::Page;
use crate::auth::client::row::{ClientRow, Scalar};
use crate::auth::id::{ClientId, ClientNumber, UserId};
use crate::auth::time::Timestamp;

/// Names the columns of an [`AuthClient`] once: `client_columns!()` selects them from the table or
/// alias
/// `c`, and [`FromRow`] reads them.
macro_rules! auth_client {
    ($first:ident $(, $column:ident)* $(,)?) => {
        macro_rules! client_columns {
            () => {
                concat!("c.", stringify!($first) $(, ", c.", stringify!($column))*)
            };
        }

        impl FromRow for AuthClient {
            fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
                Ok(Self {
                    $first: row.get(stringify!($first))?,
                    $($column: row.get(stringify!($column))?,)*
                })
            }
        }
    };
}
auth_client! {
    id,
    client_id,
    client_secret_digest,
    secret_digest,
    redirect_url,
    access_token_expiration,
    refresh_token_expiration,
    auth_code_expiration,
}

const BY_CLIENT_ID: &str = concat!(
    "select ",
    client_columns!(),
    " from auth_clients c where c.client_id = ?1 and c.deleted = 0"
);

const REDIRECT_URLS: &str =
    "select distinct redirect_url from auth_clients where deleted = 0 and redirect_url is not null";

// A trigger ends the sessions of a deleted client.
const DELETE: &str = "update auth_clients \
     set deleted = 1, deleted_on = ?2, deleted_by = ?3, modified_on = ?2 \
     where id = ?1 and deleted = 0";

/// What D1 says where two live clients would have one name.
pub const NAME_TAKEN: &str = "UNIQUE constraint failed: auth_clients.client_id";

impl FromRow for ClientRow {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        let values = COLUMNS.iter().map(|column| value(row, column));
        Ok(Self::new(row.get("id")?, values.collect::<Result<_, _>>()?))
    }
}

/// The value of a column; nothing where it was not selected.
fn value(row: &Row<'_>, column: &Column) -> Result<Option<Scalar>, Unreadable> {
    use ColumnKind::{Boolean, Integer, Text, Time};
    match (row.find(column.name), column.kind) {
        (None, _) => Ok(None),
        (Some(Value::Null), _) if column.nullable => Ok(None),
        (Some(Value::Integer(number)), Boolean | Integer | Time) => {
            Ok(Some(Scalar::Integer(*number)))
        }
        (Some(Value::Text(text)), Text) => Ok(Some(Scalar::Text(text.clone()))),
        _ => Err(Unreadable::Column(column.name)),
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

impl From<&NewValue> for Value {
    fn from(value: &NewValue) -> Self {
        match value {
            NewValue::Plain(scalar) => scalar.clone().into(),
            NewValue::Secret(secret) => secret.digest().into(),
        }
    }
}

/// The client of a public name.
pub fn by_client_id(client_id: &ClientId) -> Query<Option<AuthClient>> {
    sql!(BY_CLIENT_ID, client_id).first()
}

/// Where browsers come back to after signing in with an identity provider.
pub fn redirect_urls() -> Query<Vec<(String,)>> {
    sql!(REDIRECT_URLS).all()
}

/// Creates a client; fails with [`NAME_TAKEN`] if its name is taken.
pub fn create(new: &NewAuthClient, now: Timestamp) -> Query<ClientRow> {
    let times = ["created_on", "modified_on"].map(|column| (column, now.into()));
    let (columns, values): (Vec<_>, Vec<_>) = assignments(new.values()).chain(times).unzip();
    let sql = format!(
        "insert into auth_clients ({}) values ({}) returning {}",
        columns.join(", "),
        vec!["?"; columns.len()].join(", "),
        readable()
    );
    Statement::new(sql, values).one()
}

/// The client of a number.
pub fn by_number(number: ClientNumber) -> Query<Option<ClientRow>> {
    let columns = readable();
    let sql = format!("select {columns} from auth_clients where id = ?1 and deleted = 0");
    sql!(sql, number).first()
}

/// A page of the clients that a clause selects.
pub fn page(page: &Page, clause: Clause) -> Query<Vec<ClientRow>> {
    let select = format!("select {} from auth_clients", readable());
    ending(&select, Vec::new(), clause.page(page)).all()
}

/// How many clients a clause selects.
pub fn count(clause: Clause) -> Query<(i64,)> {
    ending("select count(*) from auth_clients", Vec::new(), clause).one()
}

/// Every client, in the columns that a condition is about which SQL cannot say; for [`Clause::among`].
pub fn scan(rows: &Where) -> Query<Vec<ClientRow>> {
    sql!(clause::scan(rows)).all()
}

/// Changes the clients that a clause selects, all or none, and counts them; fails with
/// [`NAME_TAKEN`] if a name is taken.
pub fn update(clause: Clause, changes: &AuthClientChanges, now: Timestamp) -> Query<usize> {
    let time = [("modified_on", now.into())].into_iter();
    let (columns, values): (Vec<_>, Vec<_>) = time.chain(assignments(&changes.values)).unzip();
    let update = format!("update auth_clients set {} = ?", columns.join(" = ?, "));
    ending(&update, values, clause).changes()
}

/// Deletes a client on an administrator's behalf; 0 if there is none.
pub fn delete(number: ClientNumber, by: Option<&UserId>, now: Timestamp) -> Query<usize> {
    sql!(DELETE, number, now, by).changes()
}

/// The columns that administrators read: all but the secrets' digests.
fn readable() -> String {
    let readable = COLUMNS
        .iter()
        .filter(|column| column.kind != ColumnKind::Secret);
    readable
        .map(|column| column.name)
        .collect::<Vec<_>>()
        .join(", ")
}

/// The names of columns and their values in D1.
fn assignments(
    values: &[(&'static Column, NewValue)],
) -> impl Iterator<Item = (&'static str, Value)> {
    values
        .iter()
        .map(|(column, value)| (column.name, value.into()))
}

/// A statement that ends in a clause. Its own `?` come first, and so do its values.
fn ending(start: &str, mut values: Vec<Value>, clause: Clause) -> Statement {
    values.extend(clause.values.into_iter().map(Value::from));
    Statement::new(Cow::Owned(format!("{start} {}", clause.sql)), values)
}
