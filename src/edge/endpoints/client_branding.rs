//! How a client looks on the pages, for administrators.

use crate::auth::id::ClientNumber;
use crate::edge::app::App;
use crate::edge::flows::administration;
use crate::edge::flows::management::branding as looks;
use crate::error::{Error, ErrorKind};
use crate::store::branding;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::records::branding::{BRANDING, BrandingBody};
use crate::wire::loopback::records::path_id;
use crate::wire::reply::Reply;

/// `GET /auth-clients/{id}/branding`: `{}` where the client looks as the deployment does.
pub async fn find(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let find = branding::by_number(number(incoming)?);
    let client = administration::read(app, &incoming.caller()?, find).await?;
    let client = client.ok_or(LoopbackFailure::NoEntity)?;
    Ok(Reply::json(&BrandingBody::from(client.branding))?)
}

/// `PUT /auth-clients/{id}/branding`.
pub async fn replace(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let id = number(incoming)?;
    let body: BrandingBody = incoming.json(&BRANDING)?;
    let branding = body.checked()?;
    if looks::set(app, &incoming.caller()?, id, &branding).await? {
        Ok(Reply::empty(204))
    } else {
        Err(unknown(id).into())
    }
}

/// `DELETE /auth-clients/{id}/branding`.
pub async fn delete(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let id = number(incoming)?;
    looks::remove(app, &incoming.caller()?, id).await?;
    Ok(Reply::empty(204))
}

fn number(incoming: &Incoming) -> Result<ClientNumber, LoopbackFailure> {
    let id = path_id(incoming.segment(1))?;
    let number = id.as_integer().ok_or(LoopbackFailure::NoEntity)?;
    Ok(ClientNumber::new(number))
}

fn unknown(id: ClientNumber) -> Error {
    ErrorKind::NoSuchRow {
        entity: "AuthClient",
        id: id.to_string(),
    }
    .into()
}
