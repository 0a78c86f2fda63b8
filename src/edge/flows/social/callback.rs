//! The callback: a browser brings the provider's code, and is redirected with one of ours.

use super::failure::{count_unknown, log_and_map};
use super::{identify, membership, pending as pending_sign_ins};
use crate::auth::client::AuthClient;
use crate::auth::federation::flow::authorization::{PendingSignIn, Start};
use crate::auth::federation::flow::callback::{Callback, CallbackOutcome, Denied, Returned};
use crate::auth::federation::flow::redirect;
use crate::auth::federation::flow::state_cookie::StateCookie;
use crate::auth::federation::{Provider, ProviderFailure};
use crate::auth::one_time;
use crate::auth::pkce::Challenge;
use crate::auth::token::DeviceInfo;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Stranger};
use crate::edge::flows::codes;
use crate::edge::flows::credentials::{AuthenticatedClient, AuthenticatedUser};
use crate::edge::flows::sessions::{self, TokenPair};
use crate::error::{Error, Reason};

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
        Error::Rejected(Reason::ClientInvalid)
    };
    let state_cookie = StateCookie::read(cookie, provider, state).ok_or_else(unknown_state)?;
    let key = one_time::key::<PendingSignIn>(state);
    let taken = pending_sign_ins::consume(app, &key, Some(&state_cookie.bound_to())).await?;
    let (pending, client): (PendingSignIn, AuthClient) = taken.ok_or_else(unknown_state)?;
    let start = pending.start().clone();
    let outcome = match CallbackOutcome::of(pending, provider, callback) {
        Ok(CallbackOutcome::Denied(denied)) => {
            audit::count(app, Stranger::DeniedAtProvider);
            return back_with_denial(&client, &denied, state_cookie);
        }
        Ok(CallbackOutcome::Returned(returned)) => person(app, &client, provider, returned).await,
        Err(failure) => Err(failure).inspect_err(|_| count_unknown(app)),
    };
    let person =
        outcome.map_err(|failure| log_and_map(app, "signing in with", provider, failure))?;
    Ok(CompletedSignIn {
        response: respond(app, client, start, &person, device).await?,
        state_cookie,
    })
}

async fn person(
    app: &App,
    client: &AuthClient,
    provider: Provider,
    returned: Returned,
) -> Result<AuthenticatedUser, ProviderFailure> {
    let config = app.config.social.provider(provider)?;
    let found = identify::by_code(app, config, returned).await;
    let (profile, refresh_token) = found.inspect_err(|_| count_unknown(app))?;
    membership::admit(app, client, profile, refresh_token).await
}

/// The same opaque code as at `/auth/login`, or tokens for a client without a `redirectUrl`.
async fn respond(
    app: &App,
    client: AuthClient,
    start: Start,
    person: &AuthenticatedUser,
    device: DeviceInfo,
) -> Result<ClientResponse, Error> {
    let calling = AuthenticatedClient::returning(client);
    let Some(redirect_url) = &calling.client().redirect_url else {
        let pair = sessions::open(app, &calling, person, device).await?;
        return Ok(ClientResponse::Tokens(pair));
    };
    let challenge = start.challenge.as_deref().and_then(Challenge::parse);
    let code = codes::new_code(app, &calling, person, challenge.as_ref()).await?;
    redirect::with_code(redirect_url, &code, start.state.as_deref()).map(ClientResponse::Redirect)
}

fn back_with_denial(
    client: &AuthClient,
    denied: &Denied,
    state_cookie: StateCookie,
) -> Result<CompletedSignIn, Error> {
    let url = client.redirect_url.as_deref();
    let url = url.ok_or(Error::Rejected(Reason::AccessDenied))?;
    Ok(CompletedSignIn {
        response: ClientResponse::Redirect(redirect::with_denial(url, denied)?),
        state_cookie,
    })
}
