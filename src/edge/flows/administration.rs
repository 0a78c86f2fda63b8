//! Administration: the permission that opens everything.

use super::credentials::{self, Bearer};
use super::management::bearer::{bearer_with, bearer_with_factors, require_proof};
use crate::auth::account::ADMINISTER;
use crate::auth::id::UserId;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::error::Error;
use crate::store::Batch;

/// A bearer who has the permission to administer now.
pub struct Administrator(Bearer);

impl Administrator {
    /// The user's id, for the audit.
    pub fn user_id(&self) -> Option<UserId> {
        self.0.user_id()
    }
}

/// The bearer of a token that may administer, in one trip.
pub async fn administrator(app: &App, token: &Secret) -> Result<Administrator, Error> {
    admit(credentials::bearer(app, token).await?)
}

/// The same for a write that touches what others sign in with: of an administrator who has a factor it
/// needs a fresh proof of that.
pub async fn administrator_to_change(app: &App, token: &Secret) -> Result<Administrator, Error> {
    let (bearer, (), factors) = bearer_with_factors(app, token, ()).await?;
    let administrator = admit(bearer)?;
    require_proof(&administrator.0, &factors, true, app.now)?;
    Ok(administrator)
}

/// The answer of a batch, for an administrator only; the permission is read in the same round trip.
pub async fn read<B: Batch>(app: &App, token: &Secret, query: B) -> Result<B::Output, Error> {
    let (bearer, answer) = bearer_with(app, token, query).await?;
    admit(bearer)?;
    Ok(answer)
}

fn admit(bearer: Bearer) -> Result<Administrator, Error> {
    if bearer.may(ADMINISTER) {
        Ok(Administrator(bearer))
    } else {
        Err(Error::NotAllowed)
    }
}
