//! The callback: a browser brings the provider's code, and is redirected with one of ours.

use super::at_page::{self, PageOutcome, PageReturn};
use super::failure::{count_unknown, log_and_map};
use super::{identify, membership, pending as pending_sign_ins};
use crate::auth::client::AuthClient;
use crate::auth::federation::flow::authorization::PendingSignIn;
use crate::auth::federation::flow::callback::{Callback, CallbackOutcome, Denied, Returned};
use crate::auth::federation::flow::redirect;
use crate::auth::federation::flow::start::{PageStart, Start};
use crate::auth::federation::flow::state_cookie::StateCookie;
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::federation::{Provider, ProviderFailure};
use crate::auth::one_time;
use crate::auth::pkce::Challenge;
use crate::auth::secret::Secret;
use crate::auth::token::DeviceInfo;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Stranger};
use crate::edge::flows::codes;
use crate::edge::flows::credentials::{AuthenticatedClient, AuthenticatedUser};
use crate::edge::flows::sessions::{self, TokenPair};
use crate::error::{Error, ErrorKind, Reason};

/// A federated sign-in that has ended.
pub struct CompletedSignIn {
    /// What the browser gets.
    pub response: ClientResponse,
    /// The cookie of the callback, to be deleted.
    pub state_cookie: StateCookie,
}

/// The response to the callback.
pub enum ClientResponse {
    /// A redirect to the client.
    Redirect(String),
    /// Tokens, where the client has no page to go to.
    Tokens(TokenPair),
    /// The pages of this service go on, where the sign-in began there.
    Page(PageReturn),
}

/// Completes a sign-in from its callback.
///
/// The record is consumed by `state` and `cookie`, the value of the state cookie, before any other
/// request is made.
pub async fn complete(
    app: &App,
    provider: Provider,
    callback: Callback,
    cookie: Option<&str>,
    device: DeviceInfo,
) -> Result<CompletedSignIn, Error> {
    let state = callback.state()?;
    let unknown_state = || {
        audit::count(app, Stranger::UnknownState);
        ErrorKind::Rejected(Reason::ClientInvalid)
    };
    let state_cookie = StateCookie::read(cookie, provider, state).ok_or_else(unknown_state)?;
    let key = one_time::key::<PendingSignIn>(state);
    let taken = pending_sign_ins::consume(app, &key, Some(&state_cookie.bound_to())).await?;
    let (pending, client): (PendingSignIn, Option<AuthClient>) = taken.ok_or_else(unknown_state)?;
    let start = pending.start().clone();
    let found = match CallbackOutcome::of(pending, provider, callback) {
        Ok(CallbackOutcome::Denied(denied)) => Found::Denied(denied),
        Ok(CallbackOutcome::Returned(returned)) => {
            Found::Identity(identity(app, provider, returned).await)
        }
        Err(failure) => Found::Identity(Err(failure)),
    };
    if !matches!(found, Found::Identity(Ok(_))) {
        found.count(app);
    }
    let response = match start.page.clone() {
        Some(page) => at_our_page(app, client.as_ref(), page, provider, found).await,
        None => {
            let client = client.ok_or_else(unknown_state)?;
            at_client(app, client, start, provider, found, device).await?
        }
    };
    Ok(CompletedSignIn {
        response,
        state_cookie,
    })
}

/// What a callback brought.
enum Found {
    /// The user's refusal.
    Denied(Denied),
    /// An identity, and what ends the session there.
    Identity(Result<(ExternalProfile, Option<Secret>), ProviderFailure>),
}

impl Found {
    fn count(&self, app: &App) {
        match self {
            Self::Denied(_) => audit::count(app, Stranger::DeniedAtProvider),
            Self::Identity(_) => count_unknown(app),
        }
    }
}

async fn identity(
    app: &App,
    provider: Provider,
    returned: Returned,
) -> Result<(ExternalProfile, Option<Secret>), ProviderFailure> {
    let config = app.config.social.provider(provider)?;
    identify::by_code(app, config, returned).await
}

/// The browser goes on at our pages, whatever came of it.
async fn at_our_page(
    app: &App,
    client: Option<&AuthClient>,
    start: PageStart,
    provider: Provider,
    found: Found,
) -> ClientResponse {
    let outcome = match found {
        Found::Denied(_) => Ok(PageOutcome::Denied),
        Found::Identity(found) => at_page::arrive(app, client, &start, provider, found).await,
    };
    ClientResponse::Page(PageReturn {
        start,
        provider,
        outcome,
    })
}

/// The browser goes back to the client that began.
async fn at_client(
    app: &App,
    client: AuthClient,
    start: Start,
    provider: Provider,
    found: Found,
    device: DeviceInfo,
) -> Result<ClientResponse, Error> {
    let found = match found {
        Found::Denied(denied) => return back_with_denial(&client, &denied),
        Found::Identity(found) => found,
    };
    let person = match found {
        Ok((profile, token)) => membership::admit(app, Some(&client), profile, token).await,
        Err(failure) => Err(failure),
    };
    let person =
        person.map_err(|failure| log_and_map(app, "signing in with", provider, failure))?;
    respond(app, client, start, &person, device).await
}

/// The same opaque code as at `/auth/login`, or tokens for a client without a `redirectUrl`.
async fn respond(
    app: &App,
    client: AuthClient,
    start: Start,
    person: &AuthenticatedUser,
    device: DeviceInfo,
) -> Result<ClientResponse, Error> {
    let calling = AuthenticatedClient::at_redirect_url(client);
    let Some(redirect_url) = &calling.client().redirect_url else {
        let pair = sessions::open(app, &calling, person, device).await?;
        return Ok(ClientResponse::Tokens(pair));
    };
    let challenge = start.challenge.as_deref().and_then(Challenge::parse);
    let code = codes::new_code(app, &calling, person, challenge.as_ref()).await?;
    redirect::with_code(redirect_url, &code.code, start.state.as_deref())
        .map(ClientResponse::Redirect)
}

fn back_with_denial(client: &AuthClient, denied: &Denied) -> Result<ClientResponse, Error> {
    let url = client.redirect_url.as_deref();
    let url = url.ok_or(ErrorKind::Rejected(Reason::AccessDenied))?;
    redirect::with_denial(url, denied).map(ClientResponse::Redirect)
}
