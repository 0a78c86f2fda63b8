//! `GET` and `POST /oauth/userinfo` (OIDC Core §5.3).

use super::with_nonce;
use crate::auth::oauth::failure::OAuthError;
use crate::auth::oauth::scope::OPENID;
use crate::edge::app::App;
use crate::edge::flows::oauth::userinfo::{ResourceRequest, userinfo};
use crate::edge::log;
use crate::wire::incoming::{Incoming, Method};
use crate::wire::oauth::access_token::{PresentedToken, TokenScheme, presented};
use crate::wire::oauth::failure::OAuthFailure;
use crate::wire::oauth::request;
use crate::wire::reply::Reply;

/// The header of FAPI by which calls are told apart.
const INTERACTION_ID: &str = "x-fapi-interaction-id";

/// What the user of an access token has let its client know.
pub async fn claims(app: &App, incoming: &Incoming) -> Result<Reply, OAuthFailure> {
    let reply = match token(app, incoming) {
        Ok(Some(token)) => told(app, incoming, &token).await?,
        Ok(None) => OAuthFailure::challenge(None, TokenScheme::Bearer, None),
        Err(failure) => failure.reply(),
    };
    let reply = with_interaction_id(incoming, reply);
    Ok(with_nonce(app, incoming, reply))
}

/// Hands back what financial clients tell their calls apart by, as long as it can be that.
fn with_interaction_id(incoming: &Incoming, reply: Reply) -> Reply {
    match incoming.header(INTERACTION_ID).filter(|id| is_uuid(id)) {
        Some(id) => reply.with(INTERACTION_ID, id),
        None => reply,
    }
}

/// The textual form of RFC 9562 §4.
fn is_uuid(text: &str) -> bool {
    let mut bytes = text.bytes().enumerate();
    let is_right = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && bytes.all(is_right)
}

/// The token of the header, or of a form; a body of another kind means nothing.
fn token(app: &App, incoming: &Incoming) -> Result<Option<PresentedToken>, OAuthFailure> {
    app.config.oauth.on()?;
    let form = match incoming.method {
        Method::Post => request::form(incoming).ok(),
        _ => None,
    };
    Ok(presented(incoming, form.as_ref())?)
}

async fn told(
    app: &App,
    incoming: &Incoming,
    presented: &PresentedToken,
) -> Result<Reply, OAuthFailure> {
    let request = ResourceRequest {
        token: &presented.token,
        with_proof: presented.scheme == TokenScheme::Dpop,
        proof: incoming.header("dpop"),
        method: incoming.method.name(),
    };
    match userinfo(app, request).await {
        Ok(claims) => Ok(Reply::json(&claims)?),
        Err(OAuthError::Refused(failure)) => {
            let scope = Some(OPENID);
            Ok(OAuthFailure::challenge(
                Some(failure),
                presented.scheme,
                scope,
            ))
        }
        Err(OAuthError::Common(error)) => {
            log::failure(&error);
            Ok(OAuthFailure::from(error).reply())
        }
    }
}
