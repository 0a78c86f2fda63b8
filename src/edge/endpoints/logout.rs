//! Signing out.

use serde_json::{Value, json};

use crate::auth::federation::Provider;
use crate::auth::json;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::{sessions, social};
use crate::edge::log;
use crate::error::{Error, ErrorKind};
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::models::{self, RefreshRequest};
use crate::wire::reply::Reply;

/// `POST /logout`: ends the bearer's session, everywhere at once.
pub async fn logout(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: RefreshRequest = incoming.json(&models::LOGOUT_REQUEST)?;
    let ended = sessions::sign_out(app, &incoming.bearer()?, &body.refresh_token).await?;
    Ok(Reply::json(
        &json!({ "success": true, "key": ended.user_id }),
    )?)
}

/// `POST /keycloak/logout`: the same, and then at Keycloak.
pub async fn keycloak_logout(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: RefreshRequest = incoming.json(&models::LOGOUT_REQUEST)?;
    let (token, refresh_token) = (incoming.bearer()?, &body.refresh_token);
    let user_id = social::log_out_at_keycloak(app, &token, refresh_token).await?;
    Ok(Reply::json(&json!({ "success": true, "key": user_id }))?)
}

/// The back-channel logout of a provider (OpenID Connect Back-Channel Logout 1.0 §2.5 and §2.8): 200,
/// or 400 for every failure, in OAuth's form of an error.
pub async fn backchannel_logout(
    app: &App,
    incoming: &Incoming,
    provider: Provider,
) -> Result<Reply, LoopbackFailure> {
    let ended = match logout_token(incoming) {
        Some(token) => social::end_by_logout_token(app, provider, &token).await,
        None => return refused("invalid_request", "one logout_token in a form is expected"),
    };
    answer(ended)
}

/// `POST /apple/notifications`: what somebody has done with an account at Apple, as JSON with a signed token.
pub async fn apple_notification(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body = incoming.text()?;
    let document = json::read::<Value>(body.as_bytes()).unwrap_or_default();
    if !document.get("payload").is_some_and(Value::is_string) {
        return refused("invalid_request", "a payload in a JSON object is expected");
    }
    answer(social::take_apple_event(app, body).await)
}

fn answer(taken: Result<(), Error>) -> Result<Reply, LoopbackFailure> {
    match taken {
        Ok(()) => Ok(Reply::empty(200)),
        Err(error) if matches!(error.kind(), ErrorKind::NotConfigured(_)) => Err(error.into()),
        Err(error) if error.kind().is_server_error() => {
            log::failure(&error);
            refused("temporarily_unavailable", "the logout could not be done")
        }
        Err(_) => refused("invalid_request", "the logout token is not valid"),
    }
}

/// The token of the form, which has it once.
fn logout_token(incoming: &Incoming) -> Option<Secret> {
    let pairs = incoming.form_pairs().ok()?.into_iter();
    let mut tokens = pairs.filter(|(name, _)| name == "logout_token");
    let (_, token) = tokens.next()?;
    tokens.next().is_none().then(|| Secret::new(token))
}

fn refused(error: &str, description: &str) -> Result<Reply, LoopbackFailure> {
    let body = json!({ "error": error, "error_description": description });
    Ok(Reply::json_as(400, "application/json", &body)?)
}
