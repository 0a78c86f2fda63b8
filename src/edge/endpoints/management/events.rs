//! Events that are to be sent again.

use crate::edge::app::App;
use crate::edge::flows::events;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::reply::Reply;

/// `POST /outbox/{id}/resend`
pub async fn resend(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    events::resend(app, &incoming.caller()?, incoming.segment(1)).await?;
    Ok(Reply::empty(204))
}
