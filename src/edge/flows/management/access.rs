//! Who manages: the permission, and the borders of the tenant.

use super::actor::Actor;
use super::asking::{actor_with, actor_with_factor, require_proof};
use crate::auth::account::{ADMINISTER, Account};
use crate::auth::caller::Caller;
use crate::auth::id::{ClientNumber, UserId};
use crate::auth::management::permission::{Permission, not_held};
use crate::auth::management::resource::{Belonging, Resource};
use crate::auth::table::row::Scalar;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event};
use crate::error::{Error, ErrorKind};
use crate::store::clause::Scope;
use crate::store::records::Author;
use crate::store::{Batch, borders};

/// A bearer who has a permission now, within the borders of a tenant.
pub struct Manager {
    actor: Actor,
    /// Whether anybody may administer everything, so that there is somebody who must stay.
    pub had_administrator: bool,
}

/// What a bearer must be allowed, and where.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// Any of these will do.
    pub permissions: &'a [Permission],
    /// What the rows belong to.
    pub belongs_to: Belonging,
    /// The id of that, as the path has it.
    pub parent: &'a str,
    /// What the audit log calls the rows.
    pub kind: &'static str,
}

impl<'a> Access<'a> {
    /// To the rows of a resource, by some of its permissions.
    pub const fn to(
        resource: &'static Resource,
        permissions: &'static [Permission],
        parent: &'a str,
    ) -> Self {
        Self {
            permissions,
            belongs_to: resource.belongs_to,
            parent,
            kind: resource.kind,
        }
    }
}

impl Access<'_> {
    /// Whether the rows are what others sign in with, or may do.
    fn is_sensitive(self) -> bool {
        matches!(self.kind, "client" | "role" | "user" | "user-permission")
    }
}

impl Manager {
    /// The user's id.
    pub fn user_id(&self) -> Option<UserId> {
        self.actor.user_id()
    }

    /// Whether the bearer may administer everything, and so knows no borders.
    pub fn is_administrator(&self) -> bool {
        self.actor.may(ADMINISTER)
    }

    /// The tenant whose borders hold for the bearer; nothing where none do.
    pub fn borders(&self) -> Option<&str> {
        (!self.is_administrator()).then(|| self.tenant_id())
    }

    /// The bearer's tenant; that of nobody where a token names none.
    pub fn tenant_id(&self) -> &str {
        self.actor.tenant_id().unwrap_or_default()
    }

    /// The permissions that the bearer holds.
    pub fn permissions(&self) -> Vec<String> {
        self.actor.permissions().into_owned()
    }

    /// The account as it is now, if there is anything that lives.
    pub fn account(&self) -> Option<&Account> {
        self.actor.account()
    }

    /// The clients that somebody may sign in to whom the manager creates.
    pub fn clients(&self) -> &[ClientNumber] {
        self.actor.clients()
    }

    /// Rejects permissions that the bearer does not hold: nobody gives those.
    pub fn may_give<'a>(&self, given: impl IntoIterator<Item = &'a str>) -> Result<(), Error> {
        match not_held(given, &self.actor.permissions()) {
            None => Ok(()),
            Some(_) => Err(ErrorKind::NotAllowed.into()),
        }
    }

    /// The author of what the bearer writes.
    pub const fn author<'a>(&self, by: Option<&'a UserId>, app: &App) -> Author<'a> {
        Author { by, now: app.now }
    }

    /// The rows of a resource that the bearer reaches; of permissions only those that the bearer could
    /// give are there to be written, since to delete a denial is to give.
    pub fn reach(&self, resource: &Resource, parent: &str, writes: bool) -> Scope {
        let scope = borders::reach(resource, parent, self.borders(), writes);
        if writes && resource.belongs_to == Belonging::Membership && !self.is_administrator() {
            let is_held = "permission in (select value from json_each(?))";
            return scope.and(is_held, [self.held()]);
        }
        scope
    }

    /// Of roles those that the bearer may name: composite roles take permissions by the names of their
    /// parts, so that to name a role is to give what it has.
    pub fn nameable(&self, roles: Scope) -> Scope {
        if self.is_administrator() {
            return roles;
        }
        let are_held = "not exists (select 1 from json_each(permissions) \
             where value not in (select value from json_each(?)))";
        roles.and(are_held, [self.held()])
    }

    fn held(&self) -> Scalar {
        Scalar::Text(serde_json::json!(self.permissions()).to_string())
    }
}

/// Admits a bearer who is to write, in one trip; the refusal of any other is recorded.
pub async fn writer(app: &App, caller: &Caller, access: Access<'_>) -> Result<Manager, Error> {
    let of_parent = borders::tenant_of(access.belongs_to, access.parent);
    let reads = (of_parent, borders::has_administrator());
    let (actor, (found, (had_administrator,)), has_factor) =
        actor_with_factor(app, caller, reads).await?;
    let manager = Manager {
        actor,
        had_administrator,
    };
    check(&manager, access, found)
        .inspect_err(|error| record_refusal(app, &manager, access, error))?;
    require_proof(&manager.actor, has_factor, access.is_sensitive(), app.now)?;
    Ok(manager)
}

/// Admits a bearer who is to read, and reads, in one trip. The query is made before it is known who asks,
/// so it gets the borders that the token itself cannot lie about: those of the session's tenant.
pub async fn read<T>(
    app: &App,
    caller: &Caller,
    access: Access<'_>,
    queries: impl Batch<Output = T>,
) -> Result<(Manager, T), Error> {
    let of_parent = borders::tenant_of(access.belongs_to, access.parent);
    let (actor, (found, answer)) = actor_with(app, caller, (of_parent, queries)).await?;
    let manager = Manager {
        actor,
        had_administrator: true,
    };
    check(&manager, access, found)?;
    Ok((manager, answer))
}

/// A bearer as a manager, before anything is asked of its permissions.
pub const fn manager(actor: Actor, had_administrator: bool) -> Manager {
    Manager {
        actor,
        had_administrator,
    }
}

/// The permission first, then the tenant: who lacks the permission does not learn what exists.
fn check(
    manager: &Manager,
    access: Access<'_>,
    found: Option<Option<(String,)>>,
) -> Result<(), Error> {
    may(manager, access.permissions)?;
    if matches!(access.belongs_to, Belonging::Deployment | Belonging::Log)
        && !manager.is_administrator()
    {
        return Err(ErrorKind::NotAllowed.into());
    }
    let Some(found) = found else { return Ok(()) };
    let tenant = found.as_ref().map(|(tenant,)| tenant.as_str());
    within(manager, tenant, access.belongs_to, access.parent)
}

/// Rejects a bearer without any of the permissions.
pub fn may(manager: &Manager, permissions: &[Permission]) -> Result<(), Error> {
    let held = manager.actor.permissions();
    let any = permissions.iter().any(|wanted| wanted.is_held(&held));
    any.then_some(())
        .ok_or_else(|| ErrorKind::NotAllowed.into())
}

/// Rejects what lies beyond the bearer's tenant. What does not exist does so for administrators only:
/// nobody else learns what exists elsewhere.
fn within(
    manager: &Manager,
    tenant: Option<&str>,
    belongs_to: Belonging,
    parent: &str,
) -> Result<(), Error> {
    match (tenant, manager.borders()) {
        (Some(_), None) => Ok(()),
        (Some(tenant), Some(own)) if tenant == own => Ok(()),
        (None, None) => Err(ErrorKind::NoSuchRow {
            entity: match belongs_to {
                Belonging::Group => "Group",
                Belonging::Membership => "UserTenant",
                _ => "Tenant",
            },
            id: parent.to_owned(),
        }
        .into()),
        _ => Err(ErrorKind::NotAllowed.into()),
    }
}

/// Records that a write was refused.
pub fn record_refusal(app: &App, manager: &Manager, access: Access<'_>, error: &Error) {
    if *error == ErrorKind::NotAllowed {
        audit::record(
            app,
            Event::Refused {
                kind: access.kind,
                by: manager.user_id(),
            },
        );
    }
}
