//! The columns of `auth_clients`: the one table that property and column names come from.

use serde::Deserialize;
use serde_json::{Value, json};

use super::parameter::Refusal;
use crate::auth::time::Timestamp;
use crate::auth::token::iso8601;
use crate::error::Detail;

/// What reads answer instead of a secret; sent back in a PUT or PATCH it means "unchanged".
pub const MASK: &str = "********";

/// The columns a [`ClientRow`] is read from, for a `select`.
pub const SELECTED: &str = "id, client_id, redirect_url, access_token_expiration, \
    refresh_token_expiration, auth_code_expiration, created_on, modified_on";

/// A live row of `auth_clients`; columns that were not selected keep their default.
///
/// There is no `deleted` in it: deleted rows are never read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ClientRow {
    /// Our number for it.
    pub id: i64,
    /// Its public name.
    pub client_id: String,
    /// Where a browser goes after signing in elsewhere.
    pub redirect_url: Option<String>,
    /// Seconds.
    pub access_token_expiration: i64,
    /// Seconds.
    pub refresh_token_expiration: i64,
    /// Seconds.
    pub auth_code_expiration: i64,
    /// Epoch milliseconds.
    pub created_on: i64,
    /// Epoch milliseconds.
    pub modified_on: i64,
}

/// What a row has in one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing.
    Null,
    /// A number, a time or a truth value.
    Integer(i64),
    /// Text.
    Text(&'a str),
}

/// How a column's values are written on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// `true` or `false`; 0 or 1 in the database.
    Boolean,
    /// A whole number of 32 bits, as in the original's schema.
    Integer,
    /// An ISO 8601 time; epoch milliseconds in the database.
    Time,
    /// Text.
    Text,
    /// Text that is never told and cannot be asked about.
    Secret,
}

/// One property of an auth client and the column it is kept in.
pub struct Column {
    /// The name on the wire.
    pub property: &'static str,
    /// The name in SQL.
    pub name: &'static str,
    /// How its values are written.
    pub kind: ColumnKind,
    /// Whether it may be null.
    pub nullable: bool,
    cell: fn(&ClientRow) -> Cell<'_>,
}

/// Every property, in the API document's order.
pub static COLUMNS: [Column; 13] = {
    use ColumnKind::{Boolean, Integer, Secret, Text, Time};
    [
        Column::new("deleted", "deleted", Boolean, |_| Cell::Integer(0)),
        Column::new("deletedOn", "deleted_on", Time, |_| Cell::Null).or_null(),
        Column::new("deletedBy", "deleted_by", Text, |_| Cell::Null).or_null(),
        Column::new("createdOn", "created_on", Time, |row| {
            Cell::Integer(row.created_on)
        }),
        Column::new("modifiedOn", "modified_on", Time, |row| {
            Cell::Integer(row.modified_on)
        }),
        Column::new("id", "id", Integer, |row| Cell::Integer(row.id)),
        Column::new("clientId", "client_id", Text, |row| {
            Cell::Text(&row.client_id)
        }),
        Column::new("clientSecret", "client_secret_digest", Secret, |_| {
            Cell::Text(MASK)
        }),
        Column::new("secret", "secret_digest", Secret, |_| Cell::Text(MASK)),
        Column::new("redirectUrl", "redirect_url", Text, |row| {
            row.redirect_url.as_deref().map_or(Cell::Null, Cell::Text)
        })
        .or_null(),
        Column::new(
            "accessTokenExpiration",
            "access_token_expiration",
            Integer,
            |row| Cell::Integer(row.access_token_expiration),
        ),
        Column::new(
            "refreshTokenExpiration",
            "refresh_token_expiration",
            Integer,
            |row| Cell::Integer(row.refresh_token_expiration),
        ),
        Column::new(
            "authCodeExpiration",
            "auth_code_expiration",
            Integer,
            |row| Cell::Integer(row.auth_code_expiration),
        ),
    ]
};

impl Column {
    const fn new(
        property: &'static str,
        name: &'static str,
        kind: ColumnKind,
        cell: fn(&ClientRow) -> Cell<'_>,
    ) -> Self {
        Self {
            property,
            name,
            kind,
            nullable: false,
            cell,
        }
    }

    const fn or_null(self) -> Self {
        Self {
            nullable: true,
            ..self
        }
    }

    /// The column that a filter names; `path` points at the name's value, `parent` at what holds it.
    ///
    /// The only way from a caller's text to a column: unknown names and secrets are refused.
    pub(super) fn named(
        property: &str,
        parent: &str,
        path: &str,
    ) -> Result<&'static Self, Refusal> {
        match COLUMNS.iter().find(|column| column.property == property) {
            None => Err(Detail::additional(parent, property).into()),
            Some(column) if column.kind == ColumnKind::Secret => {
                Err(Detail::pattern(path, "must NOT be about a secret").into())
            }
            Some(column) => Ok(column),
        }
    }

    /// What a row has in this column.
    pub fn cell<'a>(&self, row: &'a ClientRow) -> Cell<'a> {
        (self.cell)(row)
    }

    /// The same as it is written on the wire; secrets are [`MASK`].
    pub fn json(&self, row: &ClientRow) -> Value {
        match (self.cell(row), self.kind) {
            (Cell::Null, _) => Value::Null,
            (Cell::Integer(number), ColumnKind::Boolean) => json!(number != 0),
            (Cell::Integer(number), ColumnKind::Time) => {
                json!(iso8601(Timestamp::from_millis(number)))
            }
            (Cell::Integer(number), _) => json!(number),
            (Cell::Text(text), _) => json!(text),
        }
    }
}

impl std::fmt::Debug for Column {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
