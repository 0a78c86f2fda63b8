//! What people who are imported are to belong to: tenants, roles and clients by their names, within what
//! the bearer may give.

use serde_json::json;

use super::access::Manager;
use crate::auth::id::ClientNumber;
use crate::auth::imported::{ImportedPerson, NotImported};
use crate::edge::app::App;
use crate::error::Error;
use crate::store::import_names::{Named, NamedClient, named};
use crate::store::import_rows::Composite;

/// A line that could be read, with its number.
pub type Line = (usize, ImportedPerson);

/// What the names of a batch's lines may mean.
pub struct Places<'a> {
    manager: &'a Manager,
    default_role: Option<&'a str>,
    tenants: Vec<Named>,
    roles: Vec<Named>,
    clients: Vec<NamedClient>,
    /// Roles that have to be made.
    pub composites: Vec<Composite>,
}

/// Where one person goes.
pub struct Place {
    /// The tenant's id.
    pub tenant: String,
    /// The role's id.
    pub role: String,
    /// The ids of the roles that the bearer must be able to give for it.
    pub parts: Vec<String>,
    /// Clients that they may sign in to.
    pub clients: Vec<ClientNumber>,
}

impl<'a> Places<'a> {
    /// Reads what the lines name.
    pub async fn of(app: &'a App, manager: &'a Manager, lines: &[Line]) -> Result<Self, Error> {
        let mut tenants = vec![manager.tenant_id()];
        let mut roles = Vec::new();
        let mut clients = Vec::new();
        for (_, person) in lines {
            tenants.extend(person.tenant.as_deref());
            roles.extend(person.roles.iter().cloned());
            roles.push(json!(person.roles).to_string());
            clients.extend(person.clients.iter().flatten().map(String::as_str));
        }
        let (tenants, roles, clients) = app.db.run(named(&tenants, &roles, &clients)).await?;
        let defaults = app.config.sign_up.as_ref();
        Ok(Self {
            manager,
            default_role: defaults.map(|defaults| defaults.role_id.as_str()),
            tenants,
            roles,
            clients,
            composites: Vec::new(),
        })
    }
}

impl Places<'_> {
    /// Where a person goes; `spare` is the id of the role that may have to be made for them.
    pub fn place(
        &mut self,
        person: &mut ImportedPerson,
        spare: String,
    ) -> Result<Place, NotImported> {
        if person.brings_secrets && !self.manager.is_administrator() {
            return Err(NotImported::NotAllowed);
        }
        let tenant = self.tenant(person.tenant.as_deref())?;
        let (role, parts) = self.role(&person.roles, &tenant, spare)?;
        let clients = self.clients(person)?;
        Ok(Place {
            tenant,
            role,
            parts,
            clients,
        })
    }

    /// The tenant by id or by a name that only one has; the bearer's own where none is named. Of others
    /// nobody within borders learns whether they exist.
    fn tenant(&self, named: Option<&str>) -> Result<String, NotImported> {
        let text = named.unwrap_or_else(|| self.manager.tenant_id());
        let by_id = self.tenants.iter().find(|tenant| tenant.id == text);
        let mut by_name = self.tenants.iter().filter(|tenant| tenant.name == text);
        let found = by_id.or_else(|| by_name.next().filter(|_| by_name.next().is_none()));
        match (found, self.manager.borders()) {
            (Some(tenant), None) => Ok(tenant.id.clone()),
            (Some(tenant), Some(own)) if tenant.id == own => Ok(tenant.id.clone()),
            (None, None) => Err(NotImported::NoTenant),
            _ => Err(NotImported::NotAllowed),
        }
    }

    /// The role, and those that the bearer must be able to give for it. Several names are one composite
    /// role, which is made where it is not here.
    fn role(
        &mut self,
        names: &[String],
        tenant: &str,
        spare: String,
    ) -> Result<(String, Vec<String>), NotImported> {
        let mut parts: Vec<Named> = Vec::new();
        for name in names {
            parts.push(self.named_role(name, tenant)?);
        }
        let mut ids: Vec<String> = parts.iter().map(|part| part.id.clone()).collect();
        let role = match (ids.as_slice(), self.default_role) {
            ([], None) => return Err(NotImported::Invalid("has no roles")),
            ([], Some(role)) => role.to_owned(),
            ([role], _) => role.clone(),
            _ => self.composite(names, parts, spare),
        };
        // A composite role that is here may hold more than its parts.
        if self.composites.iter().all(|made| made.id != role) && !ids.contains(&role) {
            ids.push(role.clone());
        }
        Ok((role, ids))
    }

    /// A role of the tenant, or of all.
    fn named_role(&self, name: &str, tenant: &str) -> Result<Named, NotImported> {
        let mut named = self.roles.iter().filter(|role| role.name == name);
        let own = named
            .clone()
            .find(|role| role.tenant_id.as_deref() == Some(tenant));
        let found = own.or_else(|| named.find(|role| role.tenant_id.is_none()));
        found.cloned().ok_or(NotImported::NoRole)
    }

    fn composite(&mut self, names: &[String], parts: Vec<Named>, spare: String) -> String {
        let tenant_id = parts.iter().find_map(|part| part.tenant_id.clone());
        let list = json!(names).to_string();
        let here = self
            .roles
            .iter()
            .find(|role| role.name == list && role.tenant_id == tenant_id);
        if let Some(here) = here {
            return here.id.clone();
        }
        let mut made = self.composites.iter();
        if let Some(made) = made.find(|made| made.names == names && made.tenant_id == tenant_id) {
            return made.id.clone();
        }
        self.composites.push(Composite {
            id: spare.clone(),
            names: names.to_vec(),
            parts: parts.into_iter().map(|part| part.id).collect(),
            tenant_id,
        });
        spare
    }

    /// The clients by their public names; the manager's own where none are named. Nobody lets
    /// people in to a client that they cannot use themselves.
    fn clients(&self, person: &mut ImportedPerson) -> Result<Vec<ClientNumber>, NotImported> {
        let Some(names) = &person.clients else {
            return Ok(self.manager.clients().to_vec());
        };
        let mut known = Vec::new();
        for name in names {
            match self.clients.iter().find(|client| client.name == *name) {
                Some(client) => known.push(client.number),
                None => person.left_out.push("clientIds"),
            }
        }
        let own = self.manager.account().map(|own| &own.client_ids);
        let admits = |client| own.is_some_and(|own| own.contains(client));
        if self.manager.is_administrator() || known.iter().all(admits) {
            Ok(known)
        } else {
            Err(NotImported::NotAllowed)
        }
    }
}
