//! Signing in by a passkey, and what browsers and password managers ask about passkeys.

use serde_json::json;

use crate::auth::webauthn::RelyingParty;
use crate::edge::app::App;
use crate::edge::endpoints::client_body;
use crate::edge::endpoints::codes::code_response;
use crate::edge::flows::factors::passkeys::{self, Answer, SignIn};
use crate::error::ErrorKind;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::models::{self, CodeOfClient, PasskeyRequest};
use crate::wire::loopback::request::read;
use crate::wire::reply::Reply;

/// `POST /auth/passkey/options`: what the browser is asked for.
pub async fn options(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: CodeOfClient = incoming.json(&models::PASSKEY_OPTIONS)?;
    let begun = passkeys::begin(app, &body.client_id, body.code.as_ref()).await?;
    Ok(Reply::json(
        &json!({ "id": begun.id, "publicKey": begun.options }),
    )?)
}

/// `POST /auth/passkey`: a code for a passkey.
pub async fn sign_in(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body = client_body::check(app, &models::PASSKEY, incoming.json_value()?).await?;
    let mut body: PasskeyRequest = read(body)?;
    let challenge = body.challenge()?;
    let credential = body.credential()?;
    let asked = SignIn {
        client_id: &body.client_id,
        client_secret: body.client_secret.as_ref(),
        challenge: challenge.as_ref(),
        answer: Answer {
            id: &body.id,
            credential: &credential,
        },
    };
    code_response(&passkeys::sign_in(app, &asked).await?)
}

/// `GET /.well-known/webauthn`: the origins that may use the passkeys, where they are of several domains
/// (WebAuthn §5.11).
#[allow(clippy::unused_async)] // every handler has one shape
pub async fn related_origins(app: &App, _incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let relying_party = app.config.relying_party.as_ref();
    let origins = relying_party.and_then(RelyingParty::related_origins);
    let origins = origins.ok_or(ErrorKind::NoSuchPath)?;
    Ok(Reply::json(&json!({ "origins": origins }))?)
}

/// `GET /.well-known/passkey-endpoints`: where users enrol and manage passkeys.
#[allow(clippy::unused_async)] // every handler has one shape
pub async fn endpoints(app: &App, _incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    if app.config.relying_party.is_none() {
        return Err(ErrorKind::NoSuchPath.into());
    }
    let page = |path| format!("{}/account/{path}", app.config.public_url);
    let (enroll, manage) = (page("factors/passkey"), page("security"));
    Ok(Reply::json(&json!({ "enroll": enroll, "manage": manage }))?)
}
