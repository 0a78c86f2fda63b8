//! `/auth-clients/{id}/oauth`: what OAuth needs to know of a client, administered with the permission.

use serde_json::{Map, Value, json};

use crate::auth::id::ClientNumber;
use crate::auth::oauth::client::Source;
use crate::auth::oauth::client::metadata::{ClientMetadata, Policy};
use crate::auth::oauth::failure::Failure;
use crate::edge::app::App;
use crate::edge::flows::administration;
use crate::edge::flows::management::oauth_side;
use crate::error::ErrorKind;
use crate::store::oauth_clients;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::detail::Detail;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::records::path_id;
use crate::wire::oauth::failure::OAuthFailure;
use crate::wire::oauth::request;
use crate::wire::reply::Reply;

/// `GET /auth-clients/{id}/oauth`: every member, its default said.
pub async fn find(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let find = oauth_clients::by_number(number(incoming)?);
    let found = administration::read(app, &incoming.caller()?, find).await?;
    let (client, display) = found.ok_or(LoopbackFailure::NoEntity)?;
    let source = client.oauth.source.name();
    let metadata = ClientMetadata {
        client: client.oauth,
        display,
    };
    Ok(Reply::json(&told(&metadata, source))?)
}

/// `PUT /auth-clients/{id}/oauth`: all of it; a member that is left out has its default.
pub async fn replace(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let id = number(incoming)?;
    let document = request::client_metadata(incoming).map_err(of_body)?;
    let policy = Policy {
        source: Source::Operator,
        local: app.config.oauth.local,
        signing: &app.config.token_keys.algorithms(),
    };
    let metadata = ClientMetadata::read(&document, policy).map_err(unfit)?;
    let written = oauth_side::put(app, &incoming.caller()?, id, &metadata).await?;
    done(written, id)?;
    Ok(Reply::json(&told(&metadata, Source::Operator.name()))?)
}

/// `DELETE /auth-clients/{id}/oauth`: the client goes on with the other APIs.
pub async fn delete(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let id = number(incoming)?;
    let deleted = oauth_side::delete(app, &incoming.caller()?, id).await?;
    done(deleted, id)?;
    Ok(Reply::empty(204))
}

fn told(metadata: &ClientMetadata, source: &str) -> Map<String, Value> {
    let mut told = metadata.to_members();
    told.insert("source".to_owned(), json!(source));
    told
}

fn number(incoming: &Incoming) -> Result<ClientNumber, LoopbackFailure> {
    let id = path_id(incoming.segment(1))?;
    let number = id.as_integer().ok_or(LoopbackFailure::NoEntity)?;
    Ok(ClientNumber::new(number))
}

fn of_body(failure: OAuthFailure) -> LoopbackFailure {
    match failure {
        OAuthFailure::Refused { failure, .. } => unfit(failure),
        OAuthFailure::Common(error) => error.into(),
    }
}

/// Metadata that do not fit: 422, by the error code of RFC 7591.
fn unfit(failure: Failure) -> LoopbackFailure {
    LoopbackFailure::InvalidBody(vec![Detail {
        path: String::new(),
        code: failure.code.name(),
        message: failure.description.to_owned(),
        info: json!({}),
    }])
}

fn done(found: bool, id: ClientNumber) -> Result<(), LoopbackFailure> {
    match found {
        true => Ok(()),
        false => Err(ErrorKind::NoSuchRow {
            entity: "AuthClient",
            id: id.to_string(),
        }
        .into()),
    }
}
