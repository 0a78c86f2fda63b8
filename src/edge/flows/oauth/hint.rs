//! `id_token_hint`: an ID Token of ours that comes back.

use serde_json::Value;

use crate::auth::id::ClientId;
use crate::auth::jose::key_set::JwkSet;
use crate::auth::jose::provider_token::UnverifiedToken;
use crate::auth::jose::token_kind::TokenKind;
use crate::auth::oauth::authorization::hint::Hint;
use crate::auth::oauth::authorization::request::AuthorizationRequest;
use crate::auth::oauth::failure::{Failure, OAuthError};
use crate::edge::app::App;
use crate::edge::outbound::web_crypto;

/// The user that the client of a request believes to be there, if it says so.
pub(super) async fn of_request(
    app: &App,
    request: &AuthorizationRequest,
    client_id: &ClientId,
) -> Result<Option<Hint>, OAuthError> {
    let Some(token) = &request.id_token_hint else {
        return Ok(None);
    };
    read(app, token, Some(client_id)).await.map(Some)
}

/// Reads an ID Token of ours, however old.
pub(super) async fn read(
    app: &App,
    token: &str,
    client_id: Option<&ClientId>,
) -> Result<Hint, OAuthError> {
    const WRONG: Failure =
        Failure::invalid_request("id_token_hint is not an ID Token for this client");
    let Value::Object(set) = app.config.token_keys.jwks() else {
        return Err(WRONG.into());
    };
    let keys = JwkSet::read(set).map_err(|_| WRONG)?;
    let token = UnverifiedToken::parse(TokenKind::IdToken, token).map_err(|_| WRONG)?;
    let check = token.with_key(&keys).map_err(|_| WRONG)?;
    let signed = web_crypto::verify(check).await.map_err(|_| WRONG)?;
    Ok(Hint::read(&signed, app.config.oauth.issuer(), client_id)?)
}
