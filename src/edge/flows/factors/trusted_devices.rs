//! The devices that a user trusts, for the user.

use super::own::owner;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::audit::FactorAct;
use crate::error::Error;
use crate::store::trusted_devices::{self as rows, TrustedDevice};

/// The devices that the bearer trusts.
pub async fn list(app: &App, token: &Secret) -> Result<Vec<TrustedDevice>, Error> {
    let owner = owner(app, token).await?;
    let devices = rows::of_user(&owner.session.account.id, app.now);
    app.db.run(devices).await
}

/// Trusts a device of the bearer no more; whether there was such a one. What takes trust away needs no
/// fresh proof.
pub async fn revoke(app: &App, token: &Secret, id: &str) -> Result<bool, Error> {
    let owner = owner(app, token).await?;
    let revoked = app
        .db
        .run(rows::revoke(id, &owner.session.account.id))
        .await?
        > 0;
    if revoked {
        owner.record(app, FactorAct::DeviceForgotten);
    }
    Ok(revoked)
}
