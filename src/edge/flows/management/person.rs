//! What one person has, for the person and for administrators of the person's tenant.

use futures_util::future::join;
use serde_json::json;

use super::access::{self, Manager};
use super::asking::{actor_with, actor_with_factor, require_proof};
use super::target::{KIND, protect};
use super::trail::act_of;
use crate::auth::account::Account;
use crate::auth::caller::Caller;
use crate::auth::factor::fresh_proof;
use crate::auth::id::{SessionId, UserId};
use crate::auth::management::permission::{
    Permission, UPDATE_TENANT_USER, VIEW_ALL_TENANT_OF_SELF, VIEW_TENANT, VIEW_TENANT_USER,
};
use crate::auth::secret::digest;
use crate::auth::table::row::TableRow;
use crate::edge::app::App;
use crate::edge::flows::audit::{Act, Managed};
use crate::error::{Error, ErrorKind};
use crate::store::belongings::{self, LinkedIdentity, OpenSession};
use crate::store::{Batch, accounts};

/// A person, and who asks about them.
pub struct Person {
    /// Who asks.
    pub manager: Manager,
    /// The person's account.
    pub account: Account,
    /// Whether the person themself has just proven the strongest factor that they have.
    own_proof: Result<(), Error>,
}

impl Person {
    /// Whether the person asks.
    pub fn is_own(&self) -> bool {
        is_self(&self.manager, &self.account.id)
    }
}

/// Whether the person, too, may ask.
#[derive(Clone, Copy)]
enum Own {
    /// By being signed in.
    Always,
    /// With a permission.
    With(Permission),
}

/// A user's open sessions.
pub async fn sessions(app: &App, caller: &Caller, id: &UserId) -> Result<Vec<OpenSession>, Error> {
    let query = belongings::sessions(id, app.now);
    Ok(
        ask(app, caller, id, &[VIEW_TENANT_USER], Own::Always, query)
            .await?
            .1,
    )
}

/// A user's identities at providers.
pub async fn identities(
    app: &App,
    caller: &Caller,
    id: &UserId,
) -> Result<Vec<LinkedIdentity>, Error> {
    let query = belongings::identities(id);
    Ok(
        ask(app, caller, id, &[VIEW_TENANT_USER], Own::Always, query)
            .await?
            .1,
    )
}

/// The tenants that a user is a member of; a manager within borders sees the one that both share.
pub async fn tenants(app: &App, caller: &Caller, id: &UserId) -> Result<Vec<TableRow>, Error> {
    let query = belongings::tenants(id);
    let own = Own::With(VIEW_ALL_TENANT_OF_SELF);
    let (manager, mut tenants) = ask(app, caller, id, &[VIEW_TENANT], own, query).await?;
    let is_self = is_self(&manager, id);
    let id_column = crate::auth::management::tables::TENANTS.of_name("id");
    if let (Some(borders), Some(column), false) = (manager.borders(), id_column, is_self) {
        tenants.retain(|tenant| tenant.value(column).and_then(|id| id.as_text()) == Some(borders));
    }
    Ok(tenants)
}

/// Ends a user's sessions, or one of them.
pub async fn end_sessions(
    app: &App,
    caller: &Caller,
    id: &UserId,
    one: Option<&SessionId>,
) -> Result<(), Error> {
    let person = writer(app, caller, id).await?;
    let ended = app
        .db
        .run(belongings::end_sessions(id, one, app.now))
        .await?;
    if let (Some(session), 0) = (one, ended) {
        return Err(ErrorKind::NoSuchRow {
            entity: "Session",
            id: session.to_string(),
        }
        .into());
    }
    told(app, &person, json!({ "sessionsEnded": ended }));
    Ok(())
}

/// Removes an identity, unless it is the last way in.
pub async fn unlink(app: &App, caller: &Caller, id: &UserId, identity: &str) -> Result<(), Error> {
    let person = writer(app, caller, id).await?;
    if person.is_own() {
        person.own_proof.clone()?;
    }
    let linked = app.db.run(belongings::identities(id)).await?;
    let meant = linked.iter().find(|linked| identity_id(linked) == identity);
    let meant = meant.ok_or_else(|| ErrorKind::NoSuchRow {
        entity: "Identity",
        id: identity.to_owned(),
    })?;
    let (removed, ()) = app.db.run(belongings::unlink(id, meant, app.now)).await?;
    if removed == 0 {
        return Err(ErrorKind::InUse("The last way to sign in stays").into());
    }
    told(app, &person, json!({ "identityRemoved": meant.provider }));
    Ok(())
}

/// What names an identity in a path: a digest, since a subject may be any text.
pub fn identity_id(identity: &LinkedIdentity) -> String {
    let LinkedIdentity {
        provider,
        issuer,
        subject,
        ..
    } = identity;
    digest(&format!("{provider}\0{issuer}\0{subject}"))
}

/// Admits the person, or who may change people of the person's tenant.
pub async fn writer(app: &App, caller: &Caller, id: &UserId) -> Result<Person, Error> {
    let own = Own::Always;
    let (actor, account) = join(
        actor_with_factor(app, caller, ()),
        app.db.run(accounts::by_id(id)),
    )
    .await;
    let (actor, (), has_factor) = actor?;
    let is_own = actor.user_id().is_some_and(|own| own == *id);
    let proven = require_proof(&actor, has_factor, true, app.now);
    let own_proof = fresh_proof::require_own(actor.assurance(), has_factor, app.now);
    let manager = access::manager(actor, true);
    let account = admitted(&manager, account?, id, &[UPDATE_TENANT_USER], own)?;
    if !is_own {
        protect(&manager, Some(&account))?;
        proven?;
    }
    Ok(Person {
        manager,
        account,
        own_proof,
    })
}

async fn ask<T>(
    app: &App,
    caller: &Caller,
    id: &UserId,
    permissions: &[Permission],
    own: Own,
    queries: impl Batch<Output = T>,
) -> Result<(Manager, T), Error> {
    let (actor, account) = join(
        actor_with(app, caller, queries),
        app.db.run(accounts::by_id(id)),
    )
    .await;
    let (actor, answer) = actor?;
    let manager = access::manager(actor, true);
    admitted(&manager, account?, id, permissions, own)?;
    Ok((manager, answer))
}

/// The account, if the bearer may ask about it. Whoever does not exist does so for administrators only.
fn admitted(
    manager: &Manager,
    account: Option<Account>,
    id: &UserId,
    permissions: &[Permission],
    own: Own,
) -> Result<Account, Error> {
    let is_own = is_self(manager, id)
        && match own {
            Own::Always => true,
            Own::With(permission) => access::may(manager, &[permission]).is_ok(),
        };
    if !is_own {
        access::may(manager, permissions)?;
    }
    match (account, manager.borders()) {
        (Some(account), None) => Ok(account),
        (None, None) => Err(ErrorKind::NoSuchRow {
            entity: "User",
            id: id.to_string(),
        }
        .into()),
        (Some(account), Some(_)) if is_own => Ok(account),
        (Some(account), Some(tenant)) if account.default_tenant_id.as_deref() == Some(tenant) => {
            Ok(account)
        }
        _ => Err(ErrorKind::NotAllowed.into()),
    }
}

fn is_self(manager: &Manager, id: &UserId) -> bool {
    manager.user_id().is_some_and(|own| own == *id)
}

/// Records what was done to a person.
pub(super) fn told(app: &App, person: &Person, detail: serde_json::Value) {
    let managed = Managed {
        tenant: person.account.default_tenant_id.clone(),
        target: Some(person.account.id.to_string()),
        client: None,
        detail,
    };
    act_of(app, &person.manager, KIND, Act::Changed, managed);
}
