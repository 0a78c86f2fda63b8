//! The OAuth endpoints: decode, call a flow, encode.

pub mod clients;
pub mod discovery;
pub mod token;
pub mod userinfo;

use crate::auth::oauth::dpop::{ProofTarget, ProvenKey};
use crate::auth::oauth::failure::OAuthError;
use crate::edge::app::App;
use crate::edge::flows::oauth::proof;
use crate::wire::incoming::Incoming;
use crate::wire::reply::Reply;

/// The key that a request proves, if it does.
async fn proven_key(
    app: &App,
    incoming: &Incoming,
    path: &str,
) -> Result<Option<ProvenKey>, OAuthError> {
    let Some(header) = incoming.header("dpop") else {
        return Ok(None);
    };
    let target = ProofTarget {
        method: incoming.method.name(),
        address: &app.config.oauth.address(path),
        access_token: None,
    };
    proof::verify(app, header, target).await.map(Some)
}

/// Adds the nonce that the next proof may be made with (RFC 9449 §8.2).
fn with_nonce(app: &App, incoming: &Incoming, reply: Reply) -> Reply {
    let asked = incoming.header("dpop").is_some();
    match asked.then(|| proof::nonce(app)).flatten() {
        Some(nonce) => reply.with("dpop-nonce", nonce),
        None => reply,
    }
}
