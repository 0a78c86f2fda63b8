//! The endpoints that clients call: tokens, pushed requests, devices, introspection, revocation.

use serde_json::{Map, Value, json};

use super::{proven_key, with_nonce};
use crate::auth::oauth::discovery::paths;
use crate::auth::oauth::failure::Failure;
use crate::auth::oauth::parameters::Parameters;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::dialect::Failure as _;
use crate::edge::flows::oauth::client::{Caller, caller};
use crate::edge::flows::oauth::token::exchange;
use crate::edge::flows::oauth::token_request::TokenRequest;
use crate::edge::flows::oauth::{IssuedTokens, device, introspection, pushed, revocation};
use crate::wire::incoming::Incoming;
use crate::wire::oauth::failure::OAuthFailure;
use crate::wire::oauth::{credentials, request};
use crate::wire::reply::Reply;

/// A form, and the client that it is from.
struct Call {
    form: Parameters,
    caller: Caller,
    by_header: bool,
}

/// `POST /oauth/token`.
pub async fn token(app: &App, incoming: &Incoming) -> Result<Reply, OAuthFailure> {
    let answer = exchanged(app, incoming).await;
    Ok(told(app, incoming, answer))
}

/// `POST /oauth/par`.
pub async fn push(app: &App, incoming: &Incoming) -> Result<Reply, OAuthFailure> {
    let answer = pushed_request(app, incoming).await;
    Ok(told(app, incoming, answer))
}

/// The answer with the nonce that the next proof may be made with, also where the request is refused.
fn told(app: &App, incoming: &Incoming, answer: Result<Reply, OAuthFailure>) -> Reply {
    let reply = answer.unwrap_or_else(|failure| failure.answer(app, incoming));
    with_nonce(app, incoming, reply)
}

impl Call {
    /// Reads form and client; every failure after it is told in the client's way.
    async fn read(app: &App, incoming: &Incoming, path: &str) -> Result<Self, OAuthFailure> {
        app.config.oauth.on()?;
        let form = request::form(incoming)?;
        let by_header = incoming.basic().is_some();
        let told = |failure: OAuthFailure| failure.of_client(by_header);
        let presented = credentials::presented(incoming, &form);
        let presented = presented.map_err(|failure| told(failure.into()))?;
        let caller = caller(app, presented, path).await;
        let caller = caller.map_err(|error| told(error.into()))?;
        Ok(Self {
            form,
            caller,
            by_header,
        })
    }

    fn told<T, E: Into<OAuthFailure>>(&self, outcome: Result<T, E>) -> Result<T, OAuthFailure> {
        outcome.map_err(|error| error.into().of_client(self.by_header))
    }

    fn token(&self) -> Result<Secret, OAuthFailure> {
        let token = self.form.secret("token");
        Ok(token.ok_or(Failure::invalid_request("token is missing"))?)
    }
}

async fn exchanged(app: &App, incoming: &Incoming) -> Result<Reply, OAuthFailure> {
    let call = Call::read(app, incoming, paths::TOKEN).await?;
    let key = proven_key(app, incoming, paths::TOKEN).await?;
    let request = TokenRequest {
        form: &call.form,
        caller: &call.caller,
        key: key.as_ref(),
    };
    let issued = call.told(exchange(app, request).await)?;
    Ok(Reply::json(&token_response(issued))?.with("pragma", "no-cache"))
}

fn token_response(issued: IssuedTokens) -> Map<String, Value> {
    let mut response = Map::new();
    let mut set = |name: &str, value: Value| {
        response.insert(name.to_owned(), value);
    };
    let kind = if issued.is_bound { "DPoP" } else { "Bearer" };
    set("access_token", json!(issued.access_token));
    set("token_type", json!(kind));
    set("expires_in", json!(issued.expires_in));
    set("scope", json!(issued.scope.to_string()));
    if let Some(token) = issued.refresh_token {
        set("refresh_token", json!(token));
    }
    if let Some(token) = issued.id_token {
        set("id_token", json!(token));
    }
    response
}

async fn pushed_request(app: &App, incoming: &Incoming) -> Result<Reply, OAuthFailure> {
    let call = Call::read(app, incoming, paths::PUSH).await?;
    let key = proven_key(app, incoming, paths::PUSH).await?;
    let kept = pushed::push(app, &call.caller, &call.form, key.as_ref()).await;
    let kept = call.told(kept)?;
    let body = json!({ "request_uri": kept.request_uri, "expires_in": kept.expires_in });
    Ok(Reply::json_as(201, "application/json", &body)?)
}

/// `POST /oauth/device`.
pub async fn device(app: &App, incoming: &Incoming) -> Result<Reply, OAuthFailure> {
    let call = Call::read(app, incoming, paths::DEVICE).await?;
    let waiting = call.told(device::authorize(app, &call.caller, &call.form).await)?;
    let (uri, code) = (waiting.verification_uri, waiting.user_code);
    Ok(Reply::json(&json!({
        "device_code": waiting.device_code.expose(),
        "user_code": code,
        "verification_uri": uri,
        "verification_uri_complete": format!("{uri}?user_code={code}"),
        "expires_in": waiting.expires_in,
        "interval": waiting.interval,
    }))?)
}

/// `POST /oauth/introspect`.
pub async fn introspect(app: &App, incoming: &Incoming) -> Result<Reply, OAuthFailure> {
    let call = Call::read(app, incoming, paths::INTROSPECT).await?;
    let token = call.token()?;
    let told = introspection::introspect(app, &call.caller, &token).await;
    Ok(Reply::json(&call.told(told)?)?)
}

/// `POST /oauth/revoke`.
pub async fn revoke(app: &App, incoming: &Incoming) -> Result<Reply, OAuthFailure> {
    let call = Call::read(app, incoming, paths::REVOKE).await?;
    let token = call.token()?;
    let revoked = revocation::revoke(app, &call.caller, &token).await;
    call.told(revoked)?;
    Ok(Reply::empty(200))
}
