//! Administration: the permission that opens everything.

use super::management::actor::Actor;
use super::management::asking::{actor_with, actor_with_factor, require_proof};
use crate::auth::account::ADMINISTER;
use crate::auth::caller::Caller;
use crate::auth::id::UserId;
use crate::edge::app::App;
use crate::error::{Error, ErrorKind};
use crate::store::Batch;

/// A bearer who has the permission to administer now.
pub struct Administrator(Actor);

impl Administrator {
    /// The user's id, for the audit.
    pub fn user_id(&self) -> Option<UserId> {
        self.0.user_id()
    }
}

/// Who asks, and may administer, in one trip.
pub async fn administrator(app: &App, caller: &Caller) -> Result<Administrator, Error> {
    admit(actor_with(app, caller, ()).await?.0)
}

/// The same for a write that touches what others sign in with: of an administrator who has a factor it
/// needs a fresh proof of that.
pub async fn administrator_to_change(app: &App, caller: &Caller) -> Result<Administrator, Error> {
    let (actor, (), has_factor) = actor_with_factor(app, caller, ()).await?;
    let administrator = admit(actor)?;
    require_proof(&administrator.0, has_factor, true, app.now)?;
    Ok(administrator)
}

/// The answer of a batch, for an administrator only; the permission is read in the same round trip.
pub async fn read<B: Batch>(app: &App, caller: &Caller, query: B) -> Result<B::Output, Error> {
    let (actor, answer) = actor_with(app, caller, query).await?;
    admit(actor)?;
    Ok(answer)
}

fn admit(actor: Actor) -> Result<Administrator, Error> {
    if actor.may(ADMINISTER) {
        Ok(Administrator(actor))
    } else {
        Err(ErrorKind::NotAllowed.into())
    }
}
