//! The columns of `auth_clients`: the one list that bodies, filters, answers and SQL follow.

use ColumnKind::{Boolean, Integer, Secret, Text, Time};

/// The names and secrets of clients.
const NAME: Limit = Limit::Characters(255);
/// The redirect URLs of clients.
const URL: Limit = Limit::RedirectUrl(2_000);
/// The lifetimes of tokens and codes, in seconds, up to a year.
const LIFETIME: Limit = Limit::UpTo(31_536_000);

/// Every column, in the order of the API document.
#[rustfmt::skip]
pub static COLUMNS: &[Column] = &numbered([
    Column::own("deleted", "deleted", Boolean),
    Column::own("deletedOn", "deleted_on", Time).or_null(),
    Column::own("deletedBy", "deleted_by", Text).or_null(),
    Column::own("createdOn", "created_on", Time),
    Column::own("modifiedOn", "modified_on", Time),
    Column::own("id", "id", Integer),
    Column::required("clientId", "client_id", Text, NAME),
    Column::required("clientSecret", "client_secret_digest", Secret, NAME),
    Column::required("secret", "secret_digest", Secret, NAME),
    Column::optional("redirectUrl", "redirect_url", Text, URL),
    Column::required("accessTokenExpiration", "access_token_expiration", Integer, LIFETIME),
    Column::required("refreshTokenExpiration", "refresh_token_expiration", Integer, LIFETIME),
    Column::required("authCodeExpiration", "auth_code_expiration", Integer, LIFETIME),
]);

/// A column, and the property that it is in the API.
pub struct Column {
    /// The name on the wire.
    pub property: &'static str,
    /// The name in SQL.
    pub name: &'static str,
    /// The type of its values.
    pub kind: ColumnKind,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether a client must have a value in it when it is created.
    pub required: bool,
    /// The values that may be written; nothing where only this service writes the column.
    pub limit: Option<Limit>,
    /// Its place in [`COLUMNS`].
    pub(super) index: usize,
}

/// The type of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// 0 or 1.
    Boolean,
    /// A whole number of 32 bits, as in the original's schema.
    Integer,
    /// A moment, in milliseconds since the epoch.
    Time,
    /// Text.
    Text,
    /// The digest of a text, which is never read and no filter can ask about.
    Secret,
}

/// The values that may be written into a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Text of at least one character and at most so many.
    Characters(usize),
    /// A [`RedirectUrl`](crate::auth::redirect_url::RedirectUrl) of at most so many characters.
    RedirectUrl(usize),
    /// Whole numbers from one to this.
    UpTo(i64),
}

impl Column {
    /// A column that only this service writes.
    const fn own(property: &'static str, name: &'static str, kind: ColumnKind) -> Self {
        Self {
            property,
            name,
            kind,
            nullable: false,
            required: false,
            limit: None,
            index: 0,
        }
    }

    /// A column that every client has a value in.
    const fn required(
        property: &'static str,
        name: &'static str,
        kind: ColumnKind,
        limit: Limit,
    ) -> Self {
        Self {
            required: true,
            limit: Some(limit),
            ..Self::own(property, name, kind)
        }
    }

    /// A column that a client may have a value in.
    const fn optional(
        property: &'static str,
        name: &'static str,
        kind: ColumnKind,
        limit: Limit,
    ) -> Self {
        Self {
            nullable: true,
            limit: Some(limit),
            ..Self::own(property, name, kind)
        }
    }

    const fn or_null(self) -> Self {
        Self {
            nullable: true,
            ..self
        }
    }

    /// Whether it holds the client's number, which no body sets.
    pub const fn is_id(&self) -> bool {
        matches!(self.name.as_bytes(), b"id")
    }

    /// The column of a property.
    pub fn of_property(property: &str) -> Option<&'static Self> {
        COLUMNS.iter().find(|column| column.property == property)
    }
}

/// The columns, each with its place.
const fn numbered<const N: usize>(mut columns: [Column; N]) -> [Column; N] {
    let mut rest = columns.as_mut_slice();
    let mut index = 0;
    while let Some((column, more)) = rest.split_first_mut() {
        column.index = index;
        index += 1;
        rest = more;
    }
    columns
}

impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}

impl std::fmt::Debug for Column {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
