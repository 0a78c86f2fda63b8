//! Members of a group: several at once, and by the user's id.

use serde_json::{Map, Value};

use super::records::place;
use crate::auth::management::resource::USER_GROUPS;
use crate::edge::app::App;
use crate::edge::flows::management::members;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::filter::Projection;
use crate::wire::loopback::management::bodies_of;
use crate::wire::loopback::records::new_row;
use crate::wire::reply::Reply;

/// How many memberships one request puts into a group.
const MAX_MEMBERS: usize = 100;

/// `POST /groups/{id}/user/bulk`
pub async fn add_all(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let table = USER_GROUPS.table;
    let bodies: Vec<Map<String, Value>> = incoming.json_list(&bodies_of(table).new, MAX_MEMBERS)?;
    let new = bodies.iter().map(|body| new_row(table, body));
    let new: Vec<_> = new.collect::<Result<_, _>>()?;
    let caller = incoming.caller()?;
    let rows = members::add_all(app, &caller, place(incoming, &USER_GROUPS), &new).await?;
    let all = Projection::all(table);
    let shown: Vec<_> = rows.iter().map(|row| all.show(row)).collect();
    Ok(Reply::json(&shown)?)
}

/// `DELETE /groups/{id}/user/{userId}`
pub async fn remove(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let caller = incoming.caller()?;
    members::remove(app, &caller, place(incoming, &USER_GROUPS), incoming.id()).await?;
    Ok(Reply::empty(200))
}
