//! `GetAccessToken`: a fresh access token for a refresh token.

use super::exchange::{Exchange, OperationResult};
use super::token_cookies;
use crate::edge::flows::non_rotating_sessions;
use crate::error::{ErrorKind, Reason};
use crate::wire::servicestack::cookies::Cookie;
use crate::wire::servicestack::dto::{GetAccessToken, GetAccessTokenResponse};
use crate::wire::servicestack::failure::ServiceStackFailure;

/// Answers with the token in a cookie, and in the body too if the refresh token came there.
///
/// `Authorization` is not read: an access token there has expired, or it would not be renewed.
pub async fn access_token(
    exchange: &Exchange<'_>,
    dto: &GetAccessToken,
) -> Result<OperationResult, ServiceStackFailure> {
    let cookie = token_cookies::token(exchange.incoming, Cookie::RefreshToken);
    let token = dto.token(cookie.as_ref())?;
    let device = exchange.incoming.device_info();
    let renewed = match non_rotating_sessions::renew(exchange.app, token, device).await {
        Ok(renewed) => {
            renewed.ok_or_else(|| ServiceStackFailure::foreign_refresh_token(token.expose()))?
        }
        Err(error) if error == ErrorKind::Rejected(Reason::TokenExpired) => {
            return Err(ServiceStackFailure::ExpiredRefreshToken);
        }
        Err(error) => return Err(error.into()),
    };
    let set = token_cookies::renewed(exchange, &renewed.session, &renewed.access_token);
    let from_body = dto.refresh_token.as_ref().is_some_and(|it| !it.is_empty());
    let response = GetAccessTokenResponse {
        access_token: from_body.then_some(renewed.access_token),
        response_status: None,
    };
    Ok(OperationResult {
        record: response.record(),
        cookies: vec![set],
        has_tokens: true,
    })
}
