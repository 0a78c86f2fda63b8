//! What one person has: sessions, identities, tenants; and links that are sent to them.

use crate::auth::id::{FactorId, SessionId, UserId};
use crate::auth::management::tables::TENANTS;
use crate::auth::token::iso8601;
use crate::edge::app::App;
use crate::edge::endpoints::factors::own::{factor_list, no_content};
use crate::edge::flows::management::factors;
use crate::edge::flows::management::links::{self, LinkKind};
use crate::edge::flows::management::person::{self, identity_id};
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::filter::Projection;
use crate::wire::loopback::management::{IdentityView, SessionView};
use crate::wire::reply::Reply;

type Answer = Result<Reply, LoopbackFailure>;

fn user(incoming: &Incoming) -> UserId {
    UserId::new(incoming.segment(1))
}

/// `GET /users/{id}/sessions`
pub async fn sessions(app: &App, incoming: &Incoming) -> Answer {
    let sessions = person::sessions(app, &incoming.caller()?, &user(incoming)).await?;
    let views = sessions.iter().map(|session| SessionView {
        id: session.id.as_str(),
        client_id: &session.client_id,
        method: &session.method,
        aal: session.aal,
        device_info: session.user_agent.as_deref(),
        country: session.country.as_deref(),
        created_on: iso8601(session.created_on),
        last_used_on: iso8601(session.last_used_on),
        expires_on: iso8601(session.expires_on),
    });
    Ok(Reply::json(&views.collect::<Vec<_>>())?)
}

/// `DELETE /users/{id}/sessions`
pub async fn end_sessions(app: &App, incoming: &Incoming) -> Answer {
    person::end_sessions(app, &incoming.caller()?, &user(incoming), None).await?;
    Ok(Reply::empty(204))
}

/// `DELETE /users/{id}/sessions/{sid}`
pub async fn end_session(app: &App, incoming: &Incoming) -> Answer {
    let session = SessionId::new(incoming.id());
    let caller = incoming.caller()?;
    person::end_sessions(app, &caller, &user(incoming), Some(&session)).await?;
    Ok(Reply::empty(204))
}

/// `GET /users/{id}/identities`
pub async fn identities(app: &App, incoming: &Incoming) -> Answer {
    let identities = person::identities(app, &incoming.caller()?, &user(incoming)).await?;
    let views = identities.iter().map(|identity| IdentityView {
        id: identity_id(identity),
        provider: &identity.provider,
        issuer: &identity.issuer,
        created_on: iso8601(identity.created_on),
        last_used_on: identity.last_used_on.map(iso8601),
    });
    Ok(Reply::json(&views.collect::<Vec<_>>())?)
}

/// `DELETE /users/{id}/identities/{identityId}`
pub async fn unlink(app: &App, incoming: &Incoming) -> Answer {
    person::unlink(app, &incoming.caller()?, &user(incoming), incoming.id()).await?;
    Ok(Reply::empty(204))
}

/// `GET /users/{id}/factors`
pub async fn factors(app: &App, incoming: &Incoming) -> Answer {
    let (rows, left) = factors::list(app, &incoming.caller()?, &user(incoming)).await?;
    Ok(Reply::json(&factor_list(&rows, &left))?)
}

/// `DELETE /users/{id}/factors/{factorId}`
pub async fn remove_factor(app: &App, incoming: &Incoming) -> Answer {
    let (caller, factor) = (incoming.caller()?, FactorId::new(incoming.id()));
    let found = factors::remove(app, &caller, &user(incoming), &factor).await?;
    no_content(found, &factor)
}

/// `POST /users/{id}/re-enrol-link`
pub async fn re_enrol(app: &App, incoming: &Incoming) -> Answer {
    factors::re_enrol(app, &incoming.caller()?, &user(incoming)).await?;
    Ok(Reply::empty(204))
}

/// `GET /user/{id}/tenants`
pub async fn tenants(app: &App, incoming: &Incoming) -> Answer {
    let tenants = person::tenants(app, &incoming.caller()?, &user(incoming)).await?;
    let all = Projection::all(&TENANTS);
    Ok(Reply::json(
        &tenants.iter().map(|row| all.show(row)).collect::<Vec<_>>(),
    )?)
}

/// `POST /users/{id}/invite`
pub async fn invite(app: &App, incoming: &Incoming) -> Answer {
    links::send(
        app,
        &incoming.caller()?,
        &user(incoming),
        LinkKind::Invitation,
    )
    .await?;
    Ok(Reply::empty(204))
}

/// `POST /users/{id}/reset-link`
pub async fn reset_link(app: &App, incoming: &Incoming) -> Answer {
    links::send(app, &incoming.caller()?, &user(incoming), LinkKind::Reset).await?;
    Ok(Reply::empty(204))
}
