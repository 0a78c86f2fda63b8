//! Changed and forgotten passwords.

use serde_json::json;

use super::client_body;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::credentials;
use crate::edge::flows::password_reset::{self, NewPassword};
use crate::edge::flows::passwords::{self, PasswordChange};
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::models::{
    self, ChangePasswordRequest, ForgetPasswordRequest, ResetPasswordRequest,
};
use crate::wire::loopback::request::read;
use crate::wire::reply::Reply;

/// `PATCH /auth/change-password`.
pub async fn change_password(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: ChangePasswordRequest = incoming.json(&models::CHANGE_PASSWORD_REQUEST)?;
    let token = incoming.bearer();
    let origin = credentials::origin(app, &incoming.device_info(), token.as_ref().ok());
    let change = PasswordChange {
        refresh_token: &body.refresh_token,
        username: &body.username,
        password: &body.password,
        old_password: &body.old_password,
        origin: &origin,
    };
    passwords::change(app, &token?, &change).await?;
    Ok(Reply::json(&json!({ "success": true }))?)
}

/// `POST /auth/forget-password`: 204 always; a message only where there is an account.
pub async fn forget_password(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body = incoming.json_value()?;
    let body = client_body::check(app, &models::FORGET_PASSWORD_REQUEST, body).await?;
    let body: ForgetPasswordRequest = read(body)?;
    let secret = body.client_secret.as_ref();
    password_reset::ask(app, &body.client_id, secret, &body.username).await?;
    Ok(Reply::empty(204))
}

/// `GET /auth/verify-reset-password-link`: whether a link may be used.
pub async fn verify_reset_password_link(
    app: &App,
    incoming: &Incoming,
) -> Result<Reply, LoopbackFailure> {
    let token = Secret::new(incoming.required_query("token")?);
    password_reset::check(app, &token).await?;
    Ok(Reply::json(&json!({ "success": true }))?)
}

/// `PATCH /auth/reset-password`: a new password by a link.
pub async fn reset_password(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body = incoming.json_value()?;
    let body = client_body::check(app, &models::RESET_PASSWORD_REQUEST, body).await?;
    let body: ResetPasswordRequest = read(body)?;
    let (client_id, client_secret) = (&body.client_id, body.client_secret.as_ref());
    let device = incoming.device_info();
    let new = NewPassword {
        token: &body.token,
        password: &body.password,
        device_id: device.device_id.as_deref(),
    };
    password_reset::set(app, client_id, client_secret, &new).await?;
    Ok(Reply::empty(204))
}
