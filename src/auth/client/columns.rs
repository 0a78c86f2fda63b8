//! The columns of `auth_clients`.

use crate::auth::table::column::ColumnKind::{Boolean, Integer, Secret, Text, Time};
use crate::auth::table::column::{Column, Limit, Table, numbered};

/// The names and secrets of clients.
const NAME: Limit = Limit::Characters(255);
/// The redirect URLs of clients.
const URL: Limit = Limit::RedirectUrl(2_000);
/// The lifetimes of tokens and codes, in seconds, up to a year.
const LIFETIME: Limit = Limit::UpTo(31_536_000);

/// The clients as administrators read and write them.
pub static AUTH_CLIENTS: Table = Table {
    entity: "auth_clients",
    source: "auth_clients",
    columns: COLUMNS,
};

#[rustfmt::skip]
static COLUMNS: &[Column] = &numbered([
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
