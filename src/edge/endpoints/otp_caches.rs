//! One-time passwords, posted by the clients that deliver them.

use serde_json::json;

use crate::auth::id::ClientId;
use crate::edge::app::App;
use crate::edge::flows::one_time_passwords::{self, RequestCredentials};
use crate::error::Error;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::models::{self, OtpRequest};
use crate::wire::reply::Reply;

/// `POST /otp-caches`: keeps an OTP for 15 minutes.
pub async fn create(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: OtpRequest = incoming.json(&models::OTP)?;
    body.check()?;
    let issuer = one_time_passwords::issuer(app, credentials_of(incoming)?).await?;
    one_time_passwords::put(app, &issuer, &body.username, &body.otp).await?;
    Ok(Reply::json(
        &json!({ "otp": body.otp.expose(), "username": body.username }),
    )?)
}

/// `GET /otp-caches/{id}`: the OTP of a username, or null.
pub async fn find_by_id(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let issuer = one_time_passwords::issuer(app, credentials_of(incoming)?).await?;
    let otp = one_time_passwords::look(app, &issuer, incoming.id()).await?;
    let shown = otp.map(|(username, otp)| json!({ "otp": otp.expose(), "username": username }));
    Ok(Reply::json(&shown)?)
}

/// `DELETE /otp-caches/{id}`: 204 whether or not there was one.
pub async fn delete_by_id(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let issuer = one_time_passwords::issuer(app, credentials_of(incoming)?).await?;
    one_time_passwords::delete(app, &issuer, incoming.id()).await?;
    Ok(Reply::empty(204))
}

fn credentials_of(incoming: &Incoming) -> Result<RequestCredentials, Error> {
    if incoming.header("authorization").is_none() {
        return Ok(RequestCredentials::Anonymous);
    }
    match incoming.basic() {
        Some(Ok(client)) => Ok(RequestCredentials::Client(
            ClientId::new(client.name),
            client.secret,
        )),
        Some(Err(_)) | None => incoming.bearer().map(RequestCredentials::Bearer),
    }
}
