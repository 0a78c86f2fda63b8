//! Signing in with a token that a provider issued to our app, as ServiceStack's callers do.

use super::credentials::{self, AuthenticatedClient, AuthenticatedUser};
use super::social;
use crate::auth::federation::Provider;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::error::Error;

/// Proves the person of a provider's token to the client of ServiceStack's callers.
pub async fn sign_in(
    app: &App,
    provider: Provider,
    token: &Secret,
) -> Result<(AuthenticatedClient, AuthenticatedUser), Error> {
    let calling = credentials::named_client(app).await?;
    let person = social::with_access_token(app, &calling, provider, token).await?;
    Ok((calling, person))
}
