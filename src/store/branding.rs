//! How clients look on the pages.

use super::batch::Batch;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::branding::{Accent, Branding};
use crate::auth::client::AuthClient;
use crate::auth::id::{ClientId, ClientNumber};
use crate::auth::time::Timestamp;

macro_rules! branding_columns {
    () => {
        "b.client_name, b.client_uri, b.logo, b.tos_uri, b.policy_uri, b.accent_color, \
         coalesce(b.modified_on, 0) as branding_modified_on"
    };
}

const BY_CLIENT_ID: &str = concat!(
    "select ",
    client_columns!(),
    ", ",
    branding_columns!(),
    " from auth_clients c left join client_branding b on b.client_id = c.id \
     where c.client_id = ?1 and c.deleted = 0"
);

const BY_NUMBER: &str = concat!(
    "select ",
    client_columns!(),
    ", ",
    branding_columns!(),
    " from auth_clients c left join client_branding b on b.client_id = c.id \
     where c.id = ?1 and c.deleted = 0"
);

const BY_LINK: &str = concat!(
    "select ",
    client_columns!(),
    ", ",
    branding_columns!(),
    " from one_time o cross join auth_clients c on c.id = o.client_id and c.deleted = 0 \
     left join client_branding b on b.client_id = c.id where o.key = ?1"
);

const PUT: &str = "insert into client_branding \
       (client_id, client_name, client_uri, logo, tos_uri, policy_uri, accent_color, modified_on) \
     select id, ?2, ?3, ?4, ?5, ?6, ?7, ?8 from auth_clients where id = ?1 and deleted = 0 \
     on conflict (client_id) do update set client_name = excluded.client_name, \
       client_uri = excluded.client_uri, logo = excluded.logo, tos_uri = excluded.tos_uri, \
       policy_uri = excluded.policy_uri, accent_color = excluded.accent_color, \
       modified_on = max(excluded.modified_on, client_branding.modified_on + 1)";

const DELETE: &str = "delete from client_branding where client_id = ?1 \
     and exists (select 1 from auth_clients where id = ?1 and deleted = 0)";

/// A client that the pages act for, and how it looks.
#[derive(Debug, Clone)]
pub struct BrandedClient {
    /// The client.
    pub client: AuthClient,
    /// How it looks.
    pub branding: Branding,
    /// When that was changed; 0 where there is nothing.
    pub modified_on: Timestamp,
}

impl FromRow for BrandedClient {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        let accent: Option<String> = row.get("accent_color")?;
        Ok(Self {
            client: AuthClient::from_row(row)?,
            branding: Branding {
                client_name: row.get("client_name")?,
                client_uri: row.get("client_uri")?,
                logo: row.get("logo")?,
                tos_uri: row.get("tos_uri")?,
                policy_uri: row.get("policy_uri")?,
                accent: accent.as_deref().and_then(Accent::parse),
            },
            modified_on: row.get("branding_modified_on")?,
        })
    }
}

/// The client of a public name.
pub fn by_client_id(client_id: &ClientId) -> Query<Option<BrandedClient>> {
    sql!(BY_CLIENT_ID, client_id).first()
}

/// The client of a number.
pub fn by_number(client: ClientNumber) -> Query<Option<BrandedClient>> {
    sql!(BY_NUMBER, client).first()
}

/// The client that a link was asked for.
pub fn by_link(key: &str) -> Query<Option<BrandedClient>> {
    sql!(BY_LINK, key).first()
}

/// Stores how a client looks; says whether there is such a client.
pub fn put(client: ClientNumber, branding: &Branding, now: Timestamp) -> impl Batch<Output = bool> {
    let put = sql!(
        PUT,
        client,
        branding.client_name.as_ref(),
        branding.client_uri.as_ref(),
        branding.logo.as_ref(),
        branding.tos_uri.as_ref(),
        branding.policy_uri.as_ref(),
        branding.accent.map(Accent::text),
        now
    );
    put.changes().map(|stored| stored > 0)
}

/// Makes a client look as the deployment does.
pub fn delete(client: ClientNumber) -> Query<()> {
    sql!(DELETE, client).run()
}
