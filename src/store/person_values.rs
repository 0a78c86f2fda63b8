//! The values of a person, sorted by the tables that they are written into, and the role that is given.

use serde_json::json;

use super::records::{Author, OwnValues};
use super::value::Value;
use crate::auth::account::canonical_name;
use crate::auth::id::ClientNumber;
use crate::auth::json;
use crate::auth::table::changes::NewValue;
use crate::auth::table::column::Column;

/// Whether a role is the tenant's, or all tenants', and gives only what its giver holds (null: anything).
/// ?: role, tenant, held permissions twice.
const ROLE_IS_GIVEN: &str = "exists (select 1 from roles r where r.id = ? and r.deleted = 0 \
     and (r.tenant_id is null or r.tenant_id = ?) \
     and (? is null or not exists (select 1 from json_each(r.permissions) x \
       where x.value not in (select value from json_each(?)))))";

/// Where a person's values are written.
#[derive(Default)]
pub struct PersonValues {
    pub(super) user: OwnValues,
    pub(super) membership: OwnValues,
    pub(super) clients: Option<String>,
    pub(super) role: Option<String>,
}

/// Who gives a role, and so which permissions it may have.
pub struct Giver<'a> {
    /// The permissions that they hold; nothing for those who may give any.
    pub held: Option<&'a [String]>,
    /// Who writes.
    pub author: Author<'a>,
}

impl PersonValues {
    /// Sorts the values of a body by the tables that they are written into.
    pub fn of(values: &[(&'static Column, NewValue)]) -> Self {
        let mut sorted = Self::default();
        for (column, new) in values {
            let value = Value::from(new);
            match (column.name, &value) {
                ("auth_client_ids", _) => sorted.clients = Some(client_list(&value)),
                ("role_id", Value::Text(role)) => {
                    sorted.role = Some(role.clone());
                    sorted.membership.push(("role_id", value));
                }
                ("username" | "email", Value::Text(text)) => {
                    let key = canonical_name(text);
                    if column.name == "username" {
                        let address = key.contains('@').then(|| key.clone());
                        sorted.user.push(("username_address", address.into()));
                    }
                    let name = if column.name == "email" {
                        "email_key"
                    } else {
                        "username_key"
                    };
                    sorted
                        .user
                        .extend([(column.name, value), (name, key.into())]);
                }
                (name @ ("status" | "locale"), _) => sorted.membership.push((name, value)),
                (name, _) => sorted.user.push((name, value)),
            }
        }
        sorted
    }

    /// The clients that a person without any said may sign in to.
    pub fn or_clients(mut self, clients: &[ClientNumber]) -> Self {
        self.clients
            .get_or_insert_with(|| json!(clients).to_string());
        self
    }

    /// The role that is given.
    pub fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// Whether anything is written that holds in every tenant of the person.
    pub const fn is_account_wide(&self) -> bool {
        !self.user.is_empty() || self.clients.is_some()
    }

    /// Whether a name by which the person signs in, or is written to, is among them.
    pub fn renames(&self) -> bool {
        let mut names = self.user.iter();
        names.any(|(name, _)| matches!(*name, "username" | "email"))
    }

    /// The numbers of clients that are said.
    pub fn client_numbers(&self) -> Vec<ClientNumber> {
        let list = self.clients.as_deref().unwrap_or("[]");
        json::read(list.as_bytes()).unwrap_or_default()
    }
}

/// `{1,2}`, as ARC writes an array, as JSON; whatever is no number is left out.
fn client_list(value: &Value) -> String {
    let Value::Text(text) = value else {
        return "[]".to_owned();
    };
    let numbers = text.trim_matches(['{', '}', '[', ']']).split(',');
    let numbers: Vec<i64> = numbers
        .filter_map(|text| text.trim().parse().ok())
        .collect();
    json!(numbers).to_string()
}

/// The condition under which a role may be given; true where none is.
pub(super) fn role_is_given(
    role: Option<&str>,
    tenant: &str,
    held: Option<&[String]>,
) -> (&'static str, Vec<Value>) {
    let Some(role) = role else {
        return ("true", Vec::new());
    };
    let held = Value::from(held.map(|held| json!(held).to_string()));
    let values = vec![role.into(), tenant.into(), held.clone(), held];
    (ROLE_IS_GIVEN, values)
}
