//! Bodies that bring a client's credentials.

use serde_json::{Map, Value};

use crate::edge::app::App;
use crate::edge::client_lists;
use crate::wire::loopback::client_body;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::validate::Model;

/// Checks a body against its model. One without `client_secret` is a public client's; any other's that is
/// missing has been refused, or is empty.
pub(super) async fn check(
    app: &App,
    model: &Model,
    body: Value,
) -> Result<Map<String, Value>, LoopbackFailure> {
    let is_public = match client_body::names_alone(&body) {
        Some(client_id) => client_lists::is_public(app, client_id).await?,
        None => false,
    };
    client_body::check(model, body, is_public)
}
