//! The tenants, roles and clients that people who are imported are to belong to, by their names.

use serde_json::json;

use super::batch::Batch;
use super::query::sql;
use super::row::{FromRow, Row, Unreadable};
use crate::auth::id::ClientNumber;

const TENANTS: &str = "select id, name, null as tenant_id from tenants where deleted = 0 \
     and (id in (select value from json_each(?1)) or name in (select value from json_each(?1)))";

// Composite roles are asked for by the list of their parts.
const ROLES: &str = "select id, iif(includes = '[]', name, includes) as name, tenant_id from roles where deleted = 0 \
     and iif(includes = '[]', name, includes) in (select value from json_each(?1))";

const CLIENTS: &str = "select id, client_id from auth_clients where deleted = 0 \
     and client_id in (select value from json_each(?1))";

/// A tenant or role that a line may mean.
#[derive(Clone)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// Its name; of a composite role the list of its parts, as JSON.
    pub name: String,
    /// The tenant that a role is of; nothing for all.
    pub tenant_id: Option<String>,
}

impl FromRow for Named {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            tenant_id: row.get("tenant_id")?,
        })
    }
}

/// A client that a line may mean.
pub struct NamedClient {
    /// Its number.
    pub number: ClientNumber,
    /// Its public name.
    pub name: String,
}

impl FromRow for NamedClient {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            number: row.get("id")?,
            name: row.get("client_id")?,
        })
    }
}

/// The tenants, roles and clients of these names; a composite role's is the list of its parts.
pub fn named(
    tenants: &[&str],
    roles: &[String],
    clients: &[&str],
) -> impl Batch<Output = (Vec<Named>, Vec<Named>, Vec<NamedClient>)> {
    (
        sql!(TENANTS, json!(tenants).to_string()).all(),
        sql!(ROLES, json!(roles).to_string()).all(),
        sql!(CLIENTS, json!(clients).to_string()).all(),
    )
}
