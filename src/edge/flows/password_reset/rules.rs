//! Whose password a link may change.

use crate::auth::id::UserId;
use crate::edge::app::App;
use crate::error::Error;
use crate::store::accounts::{self};

/// The provider with which a user without a password signs in. A user with neither gets a password by a
/// link as others do.
pub(super) async fn provider_instead(
    app: &App,
    password: Option<&str>,
    user_id: &UserId,
) -> Result<Option<String>, Error> {
    if password.is_some() {
        return Ok(None);
    }
    let providers = app.db.run(accounts::providers(user_id)).await?;
    Ok(providers.into_iter().next().map(|(provider,)| provider))
}
