//! Signing out.

use serde_json::json;

use crate::edge::app::App;
use crate::edge::flows::sessions;
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
