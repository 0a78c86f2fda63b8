//! Tokens for codes, and the next tokens for refresh tokens.

use crate::edge::app::App;
use crate::edge::flows::codes::{self, CodeExchange};
use crate::edge::flows::sessions::{self, TokenPair};
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::models::{self, AuthTokenRequest, RefreshRequest, TokenResponse};
use crate::wire::reply::Reply;

/// `POST /auth/token`: redeems a code.
pub async fn token(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: AuthTokenRequest = incoming.json(&models::AUTH_TOKEN_REQUEST)?;
    let exchange = CodeExchange {
        code: &body.code,
        client_id: &body.client_id,
        verifier: body.code_verifier.as_ref(),
        device: incoming.device_info(),
    };
    token_response(codes::exchange_code(app, exchange).await?)
}

/// `POST /auth/token-refresh`: the next pair.
pub async fn refresh(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body: RefreshRequest = incoming.json(&models::REFRESH_REQUEST)?;
    let access_token = incoming.bearer();
    let device = incoming.device_info();
    token_response(sessions::refresh(app, &body.refresh_token, access_token, device).await?)
}

/// A pair of tokens as every operation answers that issues one.
pub(super) fn token_response(pair: TokenPair) -> Result<Reply, LoopbackFailure> {
    Ok(Reply::json(&TokenResponse {
        access_token: pair.access_token,
        refresh_token: pair.refresh_token,
        expires: pair.expires,
    })?)
}
