//! The start: a client asks, and a browser goes to the provider, at once or with a ticket.

use super::pending::{self, NewPending};
use super::told;
use crate::auth::client::AuthClient;
use crate::auth::oauth::Provider;
use crate::auth::oauth::begin::{
    Fresh, PendingSignIn, SignInTicket, Start, StartParameters, TICKET_LIFETIME, begin,
};
use crate::auth::oauth::binding::Binding;
use crate::auth::one_time;
use crate::auth::secret::{Secret, random_secret};
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Stranger};
use crate::edge::flows::credentials;
use crate::edge::outbound::identity_provider;
use crate::error::{Error, Why};

/// A browser on its way to a provider.
pub struct Departure {
    /// Where it goes.
    pub location: String,
    /// The cookie that it goes with.
    pub binding: Binding,
    /// How long that lives, in seconds.
    pub lifetime: i64,
}

/// Allows a client its start: it must prove itself, and the provider be configured.
pub async fn allow(
    app: &App,
    provider: Provider,
    client_id: &str,
    client_secret: &Secret,
    parameters: StartParameters,
) -> Result<Start, Error> {
    let calling = credentials::client(app, client_id, client_secret).await?;
    let start = parameters.of_client(calling.client())?;
    app.config.social.descriptor(provider)?;
    Ok(start)
}

/// Sends a browser away, and remembers what it must bring back.
pub async fn depart(app: &App, provider: Provider, start: Start) -> Result<Departure, Error> {
    let config = &app.config;
    let descriptor = config.social.descriptor(provider)?;
    let endpoints = identity_provider::endpoints(&descriptor.source, &app.deadline)
        .await
        .map_err(|failure| told(provider, failure))?;
    let client = start.client;
    let begun = begin(
        descriptor,
        endpoints,
        start,
        Fresh::draw()?,
        &config.data_keys,
    )?;
    let lifetime = config.social.state_lifetime;
    let key = one_time::key::<PendingSignIn>(&begun.state);
    let new = NewPending {
        key: &key,
        client,
        bound_to: Some(&begun.binding.bound_to()),
        record: &begun.pending,
    };
    pending::put(app, &new, lifetime).await?;
    Ok(Departure {
        location: begun.authorize.into(),
        binding: begun.binding,
        lifetime,
    })
}

/// Makes a URL that sends whichever browser opens it away, once and within a minute.
pub async fn offer_ticket(app: &App, provider: Provider, start: Start) -> Result<String, Error> {
    // Whoever asks is told now that the provider is out of reach, and not the person later.
    let descriptor = app.config.social.descriptor(provider)?;
    identity_provider::endpoints(&descriptor.source, &app.deadline)
        .await
        .map_err(|failure| told(provider, failure))?;
    let ticket = random_secret()?;
    let key = one_time::key::<SignInTicket>(&ticket);
    let client = start.client;
    let record = SignInTicket { provider, start };
    let new = NewPending {
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
pub async fn open_ticket(app: &App, ticket: &Secret) -> Result<Departure, Error> {
    let key = one_time::key::<SignInTicket>(ticket);
    let taken: Option<(SignInTicket, AuthClient)> = pending::consume(app, &key, None).await?;
    let (ticket, _) = taken.ok_or_else(|| {
        audit::count(app, Stranger::UnknownTicket);
        Error::Refused(Why::ClientInvalid)
    })?;
    depart(app, ticket.provider, ticket.start).await
}
