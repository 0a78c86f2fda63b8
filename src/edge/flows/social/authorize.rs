//! The start: a client asks, and a browser goes to the provider, at once or with a ticket.

use super::failure::log_and_map;
use super::pending::{self, PendingRecord};
use crate::auth::federation::Provider;
use crate::auth::federation::flow::authorization::{
    AuthorizationSecrets, PendingSignIn, SignInTicket, TICKET_LIFETIME, authorization_request,
};
use crate::auth::federation::flow::start::{Start, StartParameters};
use crate::auth::federation::flow::state_cookie::StateCookie;
use crate::auth::id::ClientId;
use crate::auth::one_time;
use crate::auth::secret::{Secret, random_secret};
use crate::auth::time::Seconds;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Stranger};
use crate::edge::flows::credentials;
use crate::edge::outbound::identity_provider;
use crate::error::{Error, ErrorKind, Reason};

/// A browser on its way to a provider.
pub struct AuthorizationRedirect {
    /// Where it goes.
    pub location: String,
    /// The cookie that it goes with.
    pub state_cookie: StateCookie,
    /// How long that lives.
    pub lifetime: Seconds,
}

/// Allows a client its start: it must prove itself, and the provider be configured.
pub async fn allow(
    app: &App,
    provider: Provider,
    client_id: &ClientId,
    client_secret: Option<&Secret>,
    parameters: StartParameters,
) -> Result<Start, Error> {
    let calling = credentials::client(app, client_id, client_secret).await?;
    let start = parameters.of_client(calling.client())?;
    app.config.social.provider(provider)?;
    Ok(start)
}

/// Sends a browser away, and remembers what it must bring back.
pub async fn start_authorization(
    app: &App,
    provider: Provider,
    start: Start,
) -> Result<AuthorizationRedirect, Error> {
    let config = app.config.social.provider(provider)?;
    let endpoints = identity_provider::endpoints(&config.source, &app.deadline)
        .await
        .map_err(|failure| log_and_map(app, "signing in with", provider, failure))?;
    let client = start.client;
    let request = authorization_request(
        config,
        endpoints,
        start,
        AuthorizationSecrets::draw()?,
        &app.config.data_keys,
    )?;
    let lifetime = app.config.social.state_lifetime;
    let key = one_time::key::<PendingSignIn>(&request.state);
    let new = PendingRecord {
        key: &key,
        client,
        bound_to: Some(&request.state_cookie.bound_to()),
        record: &request.pending,
    };
    pending::put(app, &new, lifetime).await?;
    Ok(AuthorizationRedirect {
        location: request.authorize.into(),
        state_cookie: request.state_cookie,
        lifetime,
    })
}

/// Makes a URL that sends whichever browser opens it away, once and within a minute.
pub async fn offer_ticket(app: &App, provider: Provider, start: Start) -> Result<String, Error> {
    // An unreachable provider is an error for the app now, and not for the person later.
    let config = app.config.social.provider(provider)?;
    identity_provider::endpoints(&config.source, &app.deadline)
        .await
        .map_err(|failure| log_and_map(app, "signing in with", provider, failure))?;
    let ticket = random_secret()?;
    let key = one_time::key::<SignInTicket>(&ticket);
    let client = start.client;
    let record = SignInTicket { provider, start };
    let new = PendingRecord {
        key: &key,
        client,
        bound_to: None,
        record: &record,
    };
    pending::put(app, &new, TICKET_LIFETIME).await?;
    let (public_url, ticket) = (&app.config.public_url, ticket.expose());
    Ok(format!(
        "{public_url}/auth/sign-in/continue?ticket={ticket}"
    ))
}

/// Sends the browser that brings a ticket away.
pub async fn open_ticket(app: &App, ticket: &Secret) -> Result<AuthorizationRedirect, Error> {
    let key = one_time::key::<SignInTicket>(ticket);
    let taken: Option<(SignInTicket, _)> = pending::consume(app, &key, None).await?;
    let (ticket, _) = taken.ok_or_else(|| {
        audit::count(app, Stranger::UnknownTicket);
        ErrorKind::Rejected(Reason::ClientInvalid)
    })?;
    start_authorization(app, ticket.provider, ticket.start).await
}
