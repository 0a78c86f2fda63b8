//! The session of a sign-in, in ServiceStack's answer: opened at once, or by a second factor.

use super::exchange::{Exchange, OperationResult};
use super::{session, token_cookies};
use crate::auth::secret::Secret;
use crate::edge::flows::credentials::{AuthenticatedClient, AuthenticatedUser};
use crate::edge::flows::non_rotating_sessions::{self, Opened};
use crate::error::ErrorKind;
use crate::wire::servicestack::cookies::Cookie;
use crate::wire::servicestack::dto::{Authenticate, AuthenticateResponse};
use crate::wire::servicestack::failure::ServiceStackFailure;

/// A session that may be opened.
pub struct SignIn<'a> {
    /// How the caller wants it.
    pub dto: &'a Authenticate,
    /// Who signs in.
    pub person: (AuthenticatedClient, AuthenticatedUser),
    /// The name as it was typed.
    pub user_name: Option<String>,
    /// The provider that authenticated the user.
    pub auth_provider: Option<String>,
    /// The return URL.
    pub referrer_url: Option<String>,
}

/// How a session is wanted; with the sign-in that waits and the code that was typed for it, if one does.
pub struct SecondFactor<'a> {
    /// How the caller wants it.
    pub dto: &'a Authenticate,
    /// The sign-in that waits.
    pub token: Secret,
    /// The code that was typed.
    pub otp: Secret,
    /// The name as it was typed.
    pub user_name: Option<String>,
    /// The provider that authenticated the user.
    pub auth_provider: Option<String>,
    /// The return URL.
    pub referrer_url: Option<String>,
}

/// Opens the session; with the second factor that came along at once, if one is needed.
pub async fn open(
    exchange: &Exchange<'_>,
    asked: SignIn<'_>,
) -> Result<OperationResult, ServiceStackFailure> {
    let (dto, (client, person)) = (asked.dto, asked.person);
    let presented = token_cookies::token(exchange.incoming, Cookie::RefreshToken);
    let device = exchange.incoming.device_info();
    let opened =
        non_rotating_sessions::open(exchange.app, &client, &person, device, presented.as_ref())
            .await;
    let waiting = SecondFactor {
        dto,
        token: Secret::default(),
        otp: Secret::default(),
        user_name: asked.user_name,
        auth_provider: asked.auth_provider,
        referrer_url: asked.referrer_url,
    };
    if let (Err(error), Some(otp)) = (&opened, dto.otp())
        && let ErrorKind::NeedsSecondFactor(needed) = error.kind()
    {
        let token = Secret::new(needed.token.clone());
        let asked = SecondFactor {
            token,
            otp,
            ..waiting
        };
        return second_factor(exchange, asked).await;
    }
    Ok(signed_in(exchange, waiting, opened?))
}

/// Verifies the second factor and opens the session.
pub async fn second_factor(
    exchange: &Exchange<'_>,
    asked: SecondFactor<'_>,
) -> Result<OperationResult, ServiceStackFailure> {
    let presented = token_cookies::token(exchange.incoming, Cookie::RefreshToken);
    let (app, device) = (exchange.app, exchange.incoming.device_info());
    let (token, otp) = (&asked.token, asked.otp.expose());
    let opened =
        non_rotating_sessions::open_waiting(app, token, otp, device, presented.as_ref()).await?;
    Ok(signed_in(exchange, asked, opened))
}

/// The answer to a sign-in that has opened a session.
fn signed_in(exchange: &Exchange<'_>, asked: SecondFactor<'_>, opened: Opened) -> OperationResult {
    let account = session::described(&opened.session);
    let mut response = AuthenticateResponse {
        user_name: asked.user_name.or(account.user_name),
        referrer_url: asked.referrer_url,
        auth_provider: asked.auth_provider,
        ..account
    };
    if !asked.dto.wants_tokens() {
        return exchange.answered(&response);
    }
    let cookies = token_cookies::signed_in(exchange, asked.dto, &opened);
    if asked.dto.use_token_cookie != Some(true) {
        response.bearer_token = Some(opened.access_token);
        response.refresh_token = Some(opened.refresh_token);
        response.refresh_token_expiry = Some(opened.refresh_expires);
    }
    OperationResult {
        cookies,
        has_tokens: true,
        ..exchange.answered(&response)
    }
}
