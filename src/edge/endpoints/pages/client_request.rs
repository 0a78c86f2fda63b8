//! The end of a walk at a client of the ARC API: a code, or a refusal, at its registered redirect URL.

use super::visit::Visit;
use crate::auth::browser::LiveBrowser;
use crate::auth::federation::flow::redirect;
use crate::auth::federation::flow::start::StartParameters;
use crate::auth::oauth::authorization::interaction::CANCELLED;
use crate::auth::pkce::Challenge;
use crate::edge::app::App;
use crate::edge::flows::codes;
use crate::edge::flows::credentials::{AuthenticatedClient, AuthenticatedUser};
use crate::error::Error;
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::see_other;
use crate::wire::reply::Reply;

/// What a client of the ARC API asks the pages for: a code at its registered redirect URL.
pub(super) struct ClientRequest {
    state: Option<String>,
    challenge: Option<Challenge>,
    redirect_url: String,
}

impl ClientRequest {
    /// Reads the request of a walk that ends at a client; nothing where it ends elsewhere.
    pub fn of(visit: &Visit<'_>) -> Result<Option<Self>, PageFailure> {
        let (Some(client), true) = (&visit.client, visit.walk.is_client()) else {
            return Ok(None);
        };
        let walk = &visit.walk;
        let redirect_url = client.client.redirect_url.as_deref();
        let redirect_url = redirect_url.ok_or(PageFailure::UnknownClient)?;
        if walk
            .get("redirect_uri")
            .is_some_and(|asked| asked != redirect_url)
        {
            return Err(PageFailure::UnknownClient);
        }
        let parameters = StartParameters::read(
            walk.get("state").map(str::to_owned),
            walk.get("code_challenge"),
            walk.get("code_challenge_method"),
            None,
        );
        let start = parameters.map_err(Error::from)?.of_client(&client.client)?;
        Ok(Some(Self {
            state: start.state,
            challenge: start.challenge.as_deref().and_then(Challenge::parse),
            redirect_url: redirect_url.to_owned(),
        }))
    }
}

/// The browser goes to the client with the same code as from `/auth/login`.
pub(super) async fn go_on(
    app: &App,
    visit: Visit<'_>,
    request: ClientRequest,
    browser: LiveBrowser,
) -> Result<Reply, PageFailure> {
    let Some(client) = visit.client.clone() else {
        return Err(PageFailure::UnknownClient);
    };
    let refused = |_| PageFailure::NotAdmitted(visit.walk.clone());
    let has_factor = browser.has_factor;
    let person = AuthenticatedUser::of_browser(&client.client, browser).map_err(refused)?;
    let calling = AuthenticatedClient::at_redirect_url(client.client);
    let code = codes::new_code(app, &calling, &person, request.challenge.as_ref()).await?;
    // A browser that was signed in before the second step was turned on proves its user first, and one
    // whose user has no factor sets one up.
    if code.waits_for.is_some() {
        let here = visit.walk.on("/sign-in");
        return Err(PageFailure::second_step_for(&here, has_factor));
    }
    let location =
        redirect::with_code(&request.redirect_url, &code.code, request.state.as_deref())?;
    Ok(visit.answer(see_other(location)))
}

/// The browser goes back without a code (RFC 6749 §4.1.2.1); to the account where there is no client.
pub(super) async fn cancel(mut visit: Visit<'_>) -> Result<Reply, PageFailure> {
    visit.read().await?;
    let location = match ClientRequest::of(&visit)? {
        Some(request) => redirect::with_cancel(&request.redirect_url, request.state.as_deref())?,
        None => visit.walk.next_after(CANCELLED),
    };
    Ok(visit.answer(see_other(location)))
}
