//! `POST /oauth/register` (RFC 7591), and a client's own registration (RFC 7592).

use crate::auth::id::ClientId;
use crate::edge::app::App;
use crate::edge::flows::oauth::registration;
use crate::wire::incoming::Incoming;
use crate::wire::oauth::failure::OAuthFailure;
use crate::wire::oauth::request;
use crate::wire::reply::Reply;

/// `POST /oauth/register`.
pub async fn register(app: &App, incoming: &Incoming) -> Result<Reply, OAuthFailure> {
    app.config.oauth.on()?;
    let document = request::client_metadata(incoming)?;
    let bearer = incoming.bearer().ok();
    let told = registration::register(app, bearer.as_ref(), &document).await?;
    Ok(Reply::json_as(201, "application/json", &told)?)
}

/// `GET /oauth/register/{id}`.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, OAuthFailure> {
    app.config.oauth.on()?;
    let (client_id, token) = (ClientId::new(incoming.id()), incoming.bearer()?);
    let told = registration::show(app, &client_id, &token).await?;
    Ok(Reply::json(&told)?)
}

/// `PUT /oauth/register/{id}`.
pub async fn replace(app: &App, incoming: &Incoming) -> Result<Reply, OAuthFailure> {
    app.config.oauth.on()?;
    let (client_id, token) = (ClientId::new(incoming.id()), incoming.bearer()?);
    let document = request::client_metadata(incoming)?;
    let told = registration::replace(app, &client_id, &token, &document).await?;
    Ok(Reply::json(&told)?)
}

/// `DELETE /oauth/register/{id}`.
pub async fn delete(app: &App, incoming: &Incoming) -> Result<Reply, OAuthFailure> {
    app.config.oauth.on()?;
    let (client_id, token) = (ClientId::new(incoming.id()), incoming.bearer()?);
    registration::delete(app, &client_id, &token).await?;
    Ok(Reply::empty(204))
}
