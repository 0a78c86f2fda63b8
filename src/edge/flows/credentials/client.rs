//! The client that is calling.

use crate::auth::client::AuthClient;
use crate::auth::id::ClientId;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Stranger};
use crate::error::{Error, ErrorKind, Reason};
use crate::store::clients;

/// ServiceStack's callers have no client to sign in to.
pub(super) const NOBODY: ErrorKind = ErrorKind::NotConfigured("SERVICESTACK_CLIENT_ID");

/// A client that has proven its secret, or keeps none.
pub struct AuthenticatedClient {
    pub(super) client: AuthClient,
}

impl AuthenticatedClient {
    /// The client of a code that goes to its registered redirect URL alone, whoever asked for it: one that
    /// began a federated sign-in, or that our own pages act for.
    pub const fn at_redirect_url(client: AuthClient) -> Self {
        Self { client }
    }

    /// The client.
    pub const fn client(&self) -> &AuthClient {
        &self.client
    }
}

/// Rejects a request that lacks the name of its client, or the secret of one that is not known to keep
/// none.
pub fn require_client(client_id: &ClientId, secret: Option<&Secret>) -> Result<(), Error> {
    if client_id.is_empty() || secret.is_some_and(Secret::is_empty) {
        return Err(ErrorKind::Rejected(Reason::Unauthorized).into());
    }
    Ok(())
}

/// Authenticates a client, in one trip.
pub async fn client(
    app: &App,
    client_id: &ClientId,
    secret: Option<&Secret>,
) -> Result<AuthenticatedClient, Error> {
    require_client(client_id, secret)?;
    let found = app.db.run(clients::by_client_id(client_id)).await?;
    prove_client(app, found, secret)
}

/// The client of ServiceStack's callers, for a user whom a provider authenticates.
pub async fn named_client(app: &App) -> Result<AuthenticatedClient, Error> {
    let client_id = app.config.servicestack_client_id.as_ref().ok_or(NOBODY)?;
    let found = app.db.run(clients::by_client_id(client_id)).await?;
    Ok(AuthenticatedClient {
        client: found.ok_or(NOBODY)?,
    })
}

/// Authenticates the client that a batch found for a `client_id`; counts the request otherwise.
pub fn prove_client(
    app: &App,
    found: Option<AuthClient>,
    secret: Option<&Secret>,
) -> Result<AuthenticatedClient, Error> {
    let refusal = ErrorKind::Unauthenticated(Reason::ClientInvalid);
    let Some(client) = found else {
        audit::count(app, Stranger::UnknownClient);
        return Err(refusal.into());
    };
    if !client.proves(secret) {
        audit::count(app, Stranger::WrongClientSecret);
        return Err(refusal.into());
    }
    Ok(AuthenticatedClient { client })
}
