//! Federated sign-in: every start and every callback, of all providers.

use serde_json::json;

use super::provider_redirect::{state_cookie_line, to_provider};
use super::tokens::token_response;
use super::{client_body, pages};
use crate::auth::federation::Provider;
use crate::auth::federation::flow::callback::Callback;
use crate::auth::federation::flow::start::StartParameters;
use crate::auth::federation::flow::state_cookie::StateCookie;
use crate::auth::secret::Secret;
use crate::auth::time::Seconds;
use crate::edge::app::App;
use crate::edge::dialect::Failure;
use crate::edge::flows::social::{self, ClientResponse, CompletedSignIn};
use crate::wire::cookies;
use crate::wire::incoming::{Incoming, Method};
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::models::{self, ClientAuthRequest};
use crate::wire::loopback::request::read;
use crate::wire::reply::Reply;

/// Since when the starts by GET are deprecated: 2026-01-01 (RFC 9745).
const DEPRECATION: &str = "@1767225600";
/// When they may go (RFC 8594).
const SUNSET: &str = "Fri, 31 Dec 2027 23:59:59 GMT";

/// The starts: the browser goes to the provider, or an app gets a URL to open in one.
pub async fn start(
    app: &App,
    incoming: &Incoming,
    provider: Provider,
) -> Result<Reply, LoopbackFailure> {
    let (model, body) = match incoming.method {
        Method::Get => (&models::CLIENT_AUTH_QUERY, incoming.query_value()),
        _ => (&models::CLIENT_AUTH_REQUEST, incoming.form_value()?),
    };
    let request: ClientAuthRequest = read(client_body::check(app, model, body).await?)?;
    let parameters = StartParameters::read(
        request.state,
        request.code_challenge.as_deref(),
        request.code_challenge_method.as_deref(),
        request.prompt.as_deref(),
    )?;
    let (id, secret) = (&request.client_id, request.client_secret.as_ref());
    let start = social::allow(app, provider, id, secret, parameters).await?;
    let reply = if wants_url(incoming) {
        let url = social::offer_ticket(app, provider, start).await?;
        Reply::json(&json!({ "authorizationUrl": url }))?
            .with("preference-applied", "return=representation")
    } else {
        to_provider(social::start_authorization(app, provider, start).await?)
    };
    Ok(match incoming.method {
        Method::Get => reply
            .with("deprecation", DEPRECATION)
            .with("sunset", SUNSET),
        _ => reply,
    })
}

/// `GET /auth/sign-in/continue`: a browser with a ticket goes to the provider.
pub async fn proceed(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let ticket = Secret::new(incoming.query("ticket").unwrap_or_default());
    Ok(to_provider(social::open_ticket(app, &ticket).await?))
}

/// The returns: the browser goes on to the client with a code, or stays with tokens.
pub async fn complete(
    app: &App,
    incoming: &Incoming,
    provider: Provider,
) -> Result<Reply, LoopbackFailure> {
    let callback = if incoming.method == Method::Get {
        Callback::read(incoming.query_pairs())?
    } else {
        Callback::read(incoming.form_pairs()?)?
    };
    let name = StateCookie::name_for(provider, callback.state()?);
    let cookie = cookies::values(incoming, &name).next();
    let device = incoming.device_info();
    let CompletedSignIn {
        response,
        state_cookie,
    } = social::complete(app, provider, callback, cookie, device).await?;
    let reply = match response {
        ClientResponse::Redirect(url) => Reply::empty(302).with("location", url),
        ClientResponse::Tokens(pair) => token_response(pair)?,
        ClientResponse::Page(back) => pages::provider::arrive(app, incoming, back)
            .unwrap_or_else(|failure| failure.answer(app, incoming)),
    };
    let deleted = state_cookie_line(&state_cookie, "", Seconds::ZERO);
    Ok(reply.with("set-cookie", deleted))
}

/// Whether an app would rather have the URL than be sent there (RFC 7240 §4.2).
fn wants_url(incoming: &Incoming) -> bool {
    let has = |name, separators: &[char], word: &str| {
        let mut values = incoming.header(name).unwrap_or_default().split(separators);
        values.any(|value| value.trim().eq_ignore_ascii_case(word))
    };
    has("prefer", &[',', ';'], "return=representation")
        && has("accept", &[',', ';'], "application/json")
}
