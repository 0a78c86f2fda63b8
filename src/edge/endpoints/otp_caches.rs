//! One-time passwords, posted by those who deliver them.

use serde_json::{Value, json};

use crate::edge::app::App;
use crate::edge::flows::one_time_passwords::{self, Sender};
use crate::error::Error;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::models::{self, OtpRequest};
use crate::wire::reply::Reply;

/// `POST /otp-caches`: keeps an OTP for 15 minutes.
pub async fn create(app: &App, incoming: &Incoming) -> Result<Reply, Error> {
    let body: OtpRequest = incoming.json(&models::OTP)?;
    body.check()?;
    let poster = one_time_passwords::poster(app, sender(incoming)?).await?;
    one_time_passwords::put(app, &poster, &body.username, &body.otp).await?;
    Reply::json(&json!({ "otp": body.otp.expose(), "username": body.username }))
}

/// `GET /otp-caches/{id}`: the OTP of a username, or null.
pub async fn find_by_id(app: &App, incoming: &Incoming) -> Result<Reply, Error> {
    let poster = one_time_passwords::poster(app, sender(incoming)?).await?;
    match one_time_passwords::look(app, &poster, incoming.id()).await? {
        Some((username, otp)) => Reply::json(&json!({ "otp": otp.expose(), "username": username })),
        None => Reply::json(&Value::Null),
    }
}

/// `DELETE /otp-caches/{id}`: 204 whether or not there was one.
pub async fn delete_by_id(app: &App, incoming: &Incoming) -> Result<Reply, Error> {
    let poster = one_time_passwords::poster(app, sender(incoming)?).await?;
    one_time_passwords::delete(app, &poster, incoming.id()).await?;
    Ok(Reply::empty(204))
}

fn sender(incoming: &Incoming) -> Result<Sender, Error> {
    if incoming.header("authorization").is_none() {
        return Ok(Sender::Nobody);
    }
    match incoming.basic() {
        Some(Ok(client)) => Ok(Sender::Client(client.name, client.secret)),
        Some(Err(_)) | None => incoming.bearer().map(Sender::Bearer),
    }
}
