//! Clients whose id is the URL of their metadata: fetched when they are first seen, and again when that is old.

use worker::Method;

use crate::auth::federation::http::cache::lifetime;
use crate::auth::federation::http::call::ProviderResponse;
use crate::auth::id::ClientId;
use crate::auth::oauth::client::Source;
use crate::auth::oauth::client::document::{DocumentUrl, LARGEST};
use crate::auth::oauth::client::metadata::ClientMetadata;
use crate::auth::oauth::failure::{ErrorCode, Failure, OAuthError};
use crate::auth::secret::random_secret;
use crate::auth::time::Timestamp;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Stranger};
use crate::edge::outbound::http::{OutboundRequest, PATIENCE, receive};
use crate::edge::rate_limit::{self, RateLimit};
use crate::store::client_registrations::{self, NewClient, Registration};
use crate::store::oauth_clients::{self, RegisteredClient};

const UNREADABLE: Failure =
    Failure::invalid_request("the metadata document of the client cannot be read");

/// Learns what the document of a client says now; whether anything is to be read anew. A network that has
/// many fetched is slowed down as one that has many passwords tried.
pub(super) async fn learn(
    app: &App,
    client_id: &ClientId,
    known: Option<&RegisteredClient>,
) -> Result<bool, OAuthError> {
    let is_settled = |client: &RegisteredClient| {
        let is_fresh = client.fresh_until.is_some_and(|until| until > app.now);
        client.oauth.source != Source::Document || is_fresh
    };
    let url = DocumentUrl::of(client_id, app.config.oauth.local);
    let Some(url) = url.filter(|_| !known.is_some_and(is_settled)) else {
        return Ok(false);
    };
    rate_limit::check(app, RateLimit::SignIn).await?;
    let (metadata, fresh_until) = fetch(app, &url).await?;
    let new = NewClient {
        client_id,
        secret: &random_secret()?,
        signing: &random_secret()?,
        of_strangers: true,
    };
    let registration = Registration {
        fresh_until: Some(fresh_until),
        ..Registration::default()
    };
    let register = client_registrations::register(&new, &metadata, &registration, app.now);
    if app.db.run(register).await?.is_some() {
        audit::count(app, Stranger::NewClient);
    }
    Ok(true)
}

/// Learns the same of a client that calls an endpoint by itself. One whose document cannot be read is nobody.
pub(super) async fn meet(app: &App, client_id: &ClientId) -> Result<(), OAuthError> {
    if DocumentUrl::of(client_id, app.config.oauth.local).is_none() {
        return Ok(());
    }
    let known = app.db.run(oauth_clients::by_client_id(client_id)).await?;
    match learn(app, client_id, known.as_ref()).await {
        Err(OAuthError::Refused(failure)) => {
            Err(Failure::new(ErrorCode::InvalidClient, failure.description).into())
        }
        learnt => learnt.map(drop),
    }
}

/// The document, and until when it need not be fetched again.
async fn fetch(app: &App, url: &DocumentUrl) -> Result<(ClientMetadata, Timestamp), OAuthError> {
    let request = OutboundRequest {
        method: Method::Get,
        url: url.url().as_str(),
        headers: &[("accept", "application/json")],
        body: None,
    };
    let received = receive(&request, PATIENCE, LARGEST)
        .await
        .map_err(|_| UNREADABLE)?;
    if received.body.len() > LARGEST {
        return Err(UNREADABLE.into());
    }
    let answer = ProviderResponse {
        status: received.status,
        body: &received.body,
    };
    let document = answer
        .object("the metadata document")
        .map_err(|_| UNREADABLE)?;
    let algorithms = app.config.token_keys.algorithms();
    let metadata = url.read(&document, app.config.oauth.local, &algorithms)?;
    let lifetime = lifetime(received.cache_control.as_deref());
    Ok((metadata, app.now + lifetime))
}
