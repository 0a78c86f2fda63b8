//! The current session, and how it is described.

use super::exchange::{Exchange, OperationResult};
use super::token_cookies;
use crate::auth::secret::Secret;
use crate::auth::token::PersonClaims;
use crate::edge::flows::non_rotating_sessions;
use crate::error::ErrorKind;
use crate::store::sessions::LiveSession;
use crate::wire::servicestack::cookies::Cookie;
use crate::wire::servicestack::dto::AuthenticateResponse;
use crate::wire::servicestack::failure::ServiceStackFailure;

/// The session of the request's tokens; a token with any fault counts as none. A refresh token alone
/// will do, and a fresh access token comes with the answer.
pub async fn current(exchange: &Exchange<'_>) -> Result<OperationResult, ServiceStackFailure> {
    let app = exchange.app;
    for token in access_tokens(exchange) {
        if let Some(session) = non_rotating_sessions::find(app, &token).await? {
            return Ok(exchange.answered(&described(&session)));
        }
    }
    let no_session = ServiceStackFailure::Common(ErrorKind::NoBearer.into());
    let refresh = token_cookies::token(exchange.incoming, Cookie::RefreshToken);
    let refresh = refresh.ok_or_else(|| no_session.clone())?;
    let renewed =
        non_rotating_sessions::renew(app, &refresh, exchange.incoming.device_info()).await;
    let renewed = match renewed {
        Ok(Some(renewed)) => renewed,
        Ok(None) => return Err(no_session),
        Err(error) if matches!(error.kind(), ErrorKind::Rejected(_)) => return Err(no_session),
        Err(error) => return Err(error.into()),
    };
    let cookie = token_cookies::renewed(exchange, &renewed.session, &renewed.access_token);
    Ok(OperationResult {
        cookies: vec![cookie],
        has_tokens: true,
        ..exchange.answered(&described(&renewed.session))
    })
}

/// The session of a JWT, or the reason why it is refused.
pub async fn of_token(
    exchange: &Exchange<'_>,
    token: &Secret,
) -> Result<OperationResult, ServiceStackFailure> {
    let session = non_rotating_sessions::verify(exchange.app, token).await?;
    let session = session.ok_or(ServiceStackFailure::InvalidToken)?;
    Ok(exchange.answered(&described(&session)))
}

/// The access tokens of a request, the bearer's first.
pub fn access_tokens(exchange: &Exchange<'_>) -> impl Iterator<Item = Secret> {
    let bearer = exchange.incoming.bearer().ok();
    let cookie = token_cookies::token(exchange.incoming, Cookie::AccessToken);
    bearer.into_iter().chain(cookie)
}

/// A session as the answer describes it.
pub fn described(session: &LiveSession) -> AuthenticateResponse {
    let account = &session.account;
    let person = PersonClaims::of(account);
    let provider = match session.method.as_str() {
        "password" | "otp" => "credentials",
        provider => provider,
    };
    AuthenticateResponse {
        user_id: Some(account.id.clone()),
        session_id: Some(session.id.clone()),
        user_name: Some(account.username.clone()),
        display_name: Some(person.name),
        roles: Some(person.roles),
        permissions: Some(person.perms),
        auth_provider: Some(provider.to_owned()),
        ..AuthenticateResponse::default()
    }
}
