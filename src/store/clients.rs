//! `auth_clients`: what the rules need of a client. What administrators read and write is in
//! [`super::records`].

use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::client::AuthClient;
use crate::auth::id::ClientId;

/// Whether the row `r` of `oauth_clients` is of a client that keeps no secret.
macro_rules! keeps_no_secret {
    () => {
        "json_extract(r.metadata, '$.token_endpoint_auth_method') = 'none'"
    };
}

/// Names the columns of an [`AuthClient`] once: `client_columns!()` selects them from the table or
/// alias
/// `c`, and [`FromRow`] reads them.
macro_rules! auth_client {
    ($first:ident $(, $column:ident)* $(,)?) => {
        macro_rules! client_columns {
            () => {
                concat!(
                    "c.", stringify!($first) $(, ", c.", stringify!($column))*,
                    ", exists (select 1 from oauth_clients r where r.client_id = c.id and ",
                    keeps_no_secret!(),
                    ") as is_public"
                )
            };
        }

        impl FromRow for AuthClient {
            fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
                Ok(Self {
                    $first: row.get(stringify!($first))?,
                    $($column: row.get(stringify!($column))?,)*
                    is_public: row.get("is_public")?,
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

// Nobody vouches for the others at the routes of the ARC API.
const PUBLIC: &str = concat!(
    "select c.client_id from auth_clients c cross join oauth_clients r on r.client_id = c.id \
     where c.deleted = 0 and r.source = 'operator' and ",
    keeps_no_secret!()
);

/// What D1 says where two live clients would have one name.
pub const NAME_TAKEN: &str = "UNIQUE constraint failed: auth_clients.client_id";

/// The client of a public name.
pub fn by_client_id(client_id: &ClientId) -> Query<Option<AuthClient>> {
    sql!(BY_CLIENT_ID, client_id).first()
}

/// Where browsers come back to after signing in with an identity provider.
pub fn redirect_urls() -> Query<Vec<(String,)>> {
    sql!(REDIRECT_URLS).all()
}

/// The names of the operator's clients that keep no secret.
pub fn public() -> Query<Vec<(String,)>> {
    sql!(PUBLIC).all()
}
