//! Taking one's data along, and leaving.

use serde_json::Value;

use crate::auth::id::UserId;
use crate::edge::app::App;
use crate::edge::flows::moving_out;
use crate::error::ErrorKind;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::reply::Reply;

/// `GET /auth/me/export`: everything that is stored of the bearer.
pub async fn export_own(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    exported(moving_out::export_own(app, &incoming.bearer()?).await?)
}

/// `POST /auth/me/erase`: the bearer wants to be erased.
pub async fn erase_own(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    moving_out::request_erasure(app, &incoming.bearer()?).await?;
    Ok(Reply::empty(204))
}

/// `GET /users/{id}/export`: the same of somebody, for an administrator.
pub async fn export(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    exported(moving_out::export(app, &incoming.caller()?, &user_id(incoming)).await?)
}

/// `POST /users/{id}/erase`: erases somebody at once, for an administrator.
pub async fn erase(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let user_id = user_id(incoming);
    let erased = moving_out::erase(app, &incoming.caller()?, &user_id).await?;
    erased.then(|| Reply::empty(204)).ok_or_else(|| {
        let (entity, id) = ("users", user_id.to_string());
        ErrorKind::NoSuchRow { entity, id }.into()
    })
}

fn exported(export: Option<Value>) -> Result<Reply, LoopbackFailure> {
    Ok(Reply::json(&export.ok_or(LoopbackFailure::NoEntity)?)?)
}

/// The segment behind `/users`.
fn user_id(incoming: &Incoming) -> UserId {
    let segment = incoming.segments.get(1);
    UserId::new(segment.map_or("", String::as_str))
}
