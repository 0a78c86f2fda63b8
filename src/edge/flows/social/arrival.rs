//! The return: a browser brings a code, and leaves with one of ours.

use super::{count_unknown, identify, membership, pending as waiting, told};
use crate::auth::client::AuthClient;
use crate::auth::oauth::begin::{PendingSignIn, Start};
use crate::auth::oauth::binding::Binding;
use crate::auth::oauth::callback::{Callback, Denied, Outcome, Returned};
use crate::auth::oauth::{Failure, Provider, redirect};
use crate::auth::one_time;
use crate::auth::pkce::Challenge;
use crate::auth::token::DeviceInfo;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Stranger};
use crate::edge::flows::codes;
use crate::edge::flows::credentials::{CallingClient, SignedIn};
use crate::edge::flows::sessions::{self, TokenPair};
use crate::error::{Error, Why};

/// How a sign-in elsewhere ended.
pub struct Finished {
    /// What the browser gets.
    pub arrival: Arrival,
    /// The cookie that it came with, to be deleted.
    pub binding: Binding,
}

/// What a browser gets that has come back.
pub enum Arrival {
    /// A way to the client.
    Redirect(String),
    /// Tokens, where the client has no page to go to.
    Tokens(TokenPair),
}

/// Finishes a sign-in that a provider has sent back.
///
/// The record is taken, by `state` and `cookie`, which is the value of the binding cookie, before
/// anything is asked of anybody.
pub async fn finish(
    app: &App,
    provider: Provider,
    callback: Callback,
    cookie: Option<&str>,
    device: DeviceInfo,
) -> Result<Finished, Error> {
    let state = callback.state()?;
    let stray = || {
        audit::count(app, Stranger::UnknownState);
        Error::Refused(Why::ClientInvalid)
    };
    let binding = Binding::read(cookie, provider, state).ok_or_else(stray)?;
    let key = one_time::key::<PendingSignIn>(state);
    let taken = waiting::consume(app, &key, Some(&binding.bound_to())).await?;
    let (pending, client): (PendingSignIn, AuthClient) = taken.ok_or_else(stray)?;
    let start = pending.start().clone();
    let outcome = match Outcome::of(pending, provider, callback) {
        Ok(Outcome::Denied(denied)) => {
            audit::count(app, Stranger::DeniedAtProvider);
            return back_with_denial(&client, &denied, binding);
        }
        Ok(Outcome::Returned(returned)) => person(app, &client, provider, returned).await,
        Err(failure) => Err(failure).inspect_err(|_| count_unknown(app)),
    };
    let person = outcome.map_err(|failure| told(provider, failure))?;
    Ok(Finished {
        arrival: welcome(app, client, start, &person, device).await?,
        binding,
    })
}

async fn person(
    app: &App,
    client: &AuthClient,
    provider: Provider,
    returned: Returned,
) -> Result<SignedIn, Failure> {
    let descriptor = app.config.social.descriptor(provider)?;
    let found = identify::by_code(app, descriptor, returned).await;
    let (profile, refresh_token) = found.inspect_err(|_| count_unknown(app))?;
    membership::admit(app, client, profile, refresh_token).await
}

/// The same opaque code as at `/auth/login`, or tokens for a client without a `redirectUrl`.
async fn welcome(
    app: &App,
    client: AuthClient,
    start: Start,
    person: &SignedIn,
    device: DeviceInfo,
) -> Result<Arrival, Error> {
    let calling = CallingClient::returning(client);
    let Some(redirect_url) = &calling.client().redirect_url else {
        let pair = sessions::open(app, &calling, person, device).await?;
        return Ok(Arrival::Tokens(pair));
    };
    let challenge = start.challenge.as_deref().and_then(Challenge::parse);
    let code = codes::new_code(app, &calling, person, challenge.as_ref()).await?;
    redirect::with_code(redirect_url, &code, start.state.as_deref()).map(Arrival::Redirect)
}

fn back_with_denial(
    client: &AuthClient,
    denied: &Denied,
    binding: Binding,
) -> Result<Finished, Error> {
    let url = client.redirect_url.as_deref();
    let url = url.ok_or(Error::Refused(Why::AccessDenied))?;
    Ok(Finished {
        arrival: Arrival::Redirect(redirect::with_denial(url, denied)?),
        binding,
    })
}
