//! Auth clients, administered with the permission.

use crate::auth::client::changes::AuthClientChanges;
use crate::auth::id::ClientNumber;
use crate::edge::app::App;
use crate::edge::flows::administration;
use crate::error::Error;
use crate::store::clients;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::auth_clients::{
    AUTH_CLIENT, AUTH_CLIENT_EXCLUDING_ID, AUTH_CLIENT_PARTIAL, Count, created, new_client,
    path_id, replacement, update,
};
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::filter::{Filter, Projection, parse_where};
use crate::wire::reply::Reply;

/// `POST /auth-clients`: the only response with a client's secrets.
pub async fn create(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let new = new_client(&incoming.json(&AUTH_CLIENT_EXCLUDING_ID)?)?;
    let row = administration::create(app, &incoming.bearer()?, &new).await?;
    Ok(Reply::json(&created(&row, &new))?)
}

/// `GET /auth-clients`: a page of them.
pub async fn find(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let filter = Filter::parse(&incoming.query)?;
    let page = |clause| clients::page(&filter.page, clause);
    let rows = administration::read_where(app, &incoming.bearer()?, &filter.rows, page).await?;
    let shown: Vec<_> = rows.iter().map(|row| filter.fields.show(row)).collect();
    Ok(Reply::json(&shown)?)
}

/// `GET /auth-clients/count`: how many there are.
pub async fn count(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let rows = parse_where(&incoming.query)?.unwrap_or_default();
    let token = incoming.bearer()?;
    let (count,) = administration::read_where(app, &token, &rows, clients::count).await?;
    Ok(Reply::json(&Count { count })?)
}

/// `PATCH /auth-clients`: changes those that `where` means, which must be said.
pub async fn update_all(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let rows = parse_where(&incoming.query)?.ok_or_else(|| {
        Error::BadRequest("Say which clients with where; where={} means all".to_owned())
    })?;
    let changes = update(&incoming.json(&AUTH_CLIENT_PARTIAL)?)?;
    changes.for_many()?;
    let token = incoming.bearer()?;
    let count = administration::update_where(app, &token, &rows, &changes).await?;
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    Ok(Reply::json(&Count { count })?)
}

/// `GET /auth-clients/{id}`: one of them.
pub async fn find_by_id(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let find = clients::by_number(path_id(incoming.id())?);
    let row = administration::read(app, &incoming.bearer()?, find).await?;
    Ok(Reply::json(
        &Projection::default().show(&row.ok_or(LoopbackFailure::NoEntity)?),
    )?)
}

/// `PUT /auth-clients/{id}`: replaces one.
pub async fn replace_by_id(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let id = path_id(incoming.id())?;
    let changes = replacement(&incoming.json(&AUTH_CLIENT)?)?;
    change(app, incoming, id, &changes).await
}

/// `PATCH /auth-clients/{id}`: changes one.
pub async fn update_by_id(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let id = path_id(incoming.id())?;
    let changes = update(&incoming.json(&AUTH_CLIENT_PARTIAL)?)?;
    change(app, incoming, id, &changes).await
}

/// `DELETE /auth-clients/{id}`: deletes one, and so ends its sessions.
pub async fn delete_by_id(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let id = path_id(incoming.id())?;
    done(
        administration::delete(app, &incoming.bearer()?, id).await?,
        id,
    )
}

async fn change(
    app: &App,
    incoming: &Incoming,
    id: ClientNumber,
    changes: &AuthClientChanges,
) -> Result<Reply, LoopbackFailure> {
    let token = incoming.bearer()?;
    done(administration::update(app, &token, id, changes).await?, id)
}

fn done(found: bool, id: ClientNumber) -> Result<Reply, LoopbackFailure> {
    found
        .then(|| Reply::empty(204))
        .ok_or_else(|| LoopbackFailure::EntityNotFound {
            entity: "auth_clients",
            id: id.to_string(),
        })
}
