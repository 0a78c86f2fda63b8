//! Forgotten passwords.

use serde_json::json;

use super::login::device_info;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::password_reset::{self, NewPassword};
use crate::error::Error;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::models::{self, ForgetPasswordRequest, ResetPasswordRequest};
use crate::wire::reply::Reply;

/// `POST /auth/forget-password`: 204 for everybody; a message for those who exist.
pub async fn forget_password(app: &App, incoming: &Incoming) -> Result<Reply, Error> {
    let body: ForgetPasswordRequest = incoming.json(&models::FORGET_PASSWORD_REQUEST)?;
    password_reset::ask(app, &body.client_id, &body.client_secret, &body.username).await?;
    Ok(Reply::empty(204))
}

/// `GET /auth/verify-reset-password-link`: whether a link is good still.
pub async fn verify_reset_password_link(app: &App, incoming: &Incoming) -> Result<Reply, Error> {
    let token = Secret::new(incoming.required_query("token")?);
    password_reset::check(app, &token).await?;
    Reply::json(&json!({ "success": true }))
}

/// `PATCH /auth/reset-password`: a new password by a link.
pub async fn reset_password(app: &App, incoming: &Incoming) -> Result<Reply, Error> {
    let body: ResetPasswordRequest = incoming.json(&models::RESET_PASSWORD_REQUEST)?;
    let (client_id, client_secret) = (&body.client_id, &body.client_secret);
    let device = device_info(incoming);
    let new = NewPassword {
        token: &body.token,
        password: &body.password,
        device_id: device.device_id.as_deref(),
    };
    password_reset::set(app, client_id, client_secret, &new).await?;
    Ok(Reply::empty(204))
}
