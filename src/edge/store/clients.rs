//! D1: `auth_clients`.

use serde::Deserialize;

use super::db::{Db, Statement, sql};
use crate::auth::client::AuthClient;
use crate::error::Error;

/// The columns of a [`ClientRow`], of the table or alias `c`.
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

/// A client as it is read.
#[derive(Deserialize)]
pub struct ClientRow {
    client_number: i64,
    client_name: String,
    client_secret_digest: String,
    secret_digest: String,
    redirect_url: Option<String>,
    access_token_expiration: i64,
    refresh_token_expiration: i64,
    auth_code_expiration: i64,
}

impl From<ClientRow> for AuthClient {
    fn from(row: ClientRow) -> Self {
        Self {
            id: row.client_number,
            client_id: row.client_name,
            client_secret_digest: row.client_secret_digest,
            secret_digest: row.secret_digest,
            redirect_url: row.redirect_url,
            access_token_expiration: row.access_token_expiration,
            refresh_token_expiration: row.refresh_token_expiration,
            auth_code_expiration: row.auth_code_expiration,
        }
    }
}

/// Finds a live client by its public name: a [`ClientRow`].
pub fn find_by_client_id(client_id: &str) -> Statement {
    sql!(BY_CLIENT_ID, client_id)
}

/// Where browsers come back to after signing in elsewhere.
pub async fn redirect_urls(db: &Db) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Row {
        redirect_url: String,
    }
    let rows: Vec<Row> = db.all(sql!(REDIRECT_URLS)).await?.rows(0)?;
    Ok(rows.into_iter().map(|row| row.redirect_url).collect())
}
