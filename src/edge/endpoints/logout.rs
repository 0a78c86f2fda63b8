//! Signing out.

use serde_json::json;

use crate::edge::app::App;
use crate::edge::flows::{sessions, social};
use crate::error::Error;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::models::{self, RefreshRequest};
use crate::wire::reply::Reply;

/// `POST /logout`: ends the bearer's session, everywhere at once.
pub async fn logout(app: &App, incoming: &Incoming) -> Result<Reply, Error> {
    let body: RefreshRequest = incoming.json(&models::LOGOUT_REQUEST)?;
    let user_id = sessions::sign_out(app, &incoming.bearer()?, &body.refresh_token).await?;
    Reply::json(&json!({ "success": true, "key": user_id }))
}

/// `POST /keycloak/logout`: the same, and then at Keycloak.
pub async fn keycloak_logout(app: &App, incoming: &Incoming) -> Result<Reply, Error> {
    let body: RefreshRequest = incoming.json(&models::LOGOUT_REQUEST)?;
    let (token, refresh_token) = (incoming.bearer()?, &body.refresh_token);
    let user_id = social::log_out_at_keycloak(app, &token, refresh_token).await?;
    Reply::json(&json!({ "success": true, "key": user_id }))
}
