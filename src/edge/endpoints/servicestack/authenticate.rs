//! `Authenticate` and `AuthenticateLogout`: signing in and out, and the current session.
//!
//! In two steps, so that a batch in which one request fails leaves no sessions behind: first all
//! of it is authorized, then all of it is done.

use super::exchange::{Exchange, OperationResult};
use super::{browser, session, token_cookies};
use crate::auth::attempts::AttemptOrigin;
use crate::auth::federation::Provider;
use crate::auth::secret::Secret;
use crate::edge::flows::credentials::{
    self, AuthenticatedClient, AuthenticatedUser, PasswordCredentials,
};
use crate::edge::flows::{non_rotating_sessions, provider_tokens};
use crate::edge::rate_limit::{self, RateLimit};
use crate::wire::incoming::Method;
use crate::wire::servicestack::cookies::Cookie;
use crate::wire::servicestack::csrf;
use crate::wire::servicestack::dto::{Authenticate, AuthenticateResponse};
use crate::wire::servicestack::failure::ServiceStackFailure;
use crate::wire::servicestack::intent::AuthenticateIntent;

/// A request that may be done.
pub enum Authorized<'a> {
    /// To end the caller's sessions.
    SignOut,
    /// To give this answer.
    Answer(OperationResult),
    /// To open a session.
    SignIn(SignIn<'a>),
}

/// A session that may be opened.
pub struct SignIn<'a> {
    /// How the caller wants it.
    dto: &'a Authenticate,
    person: (AuthenticatedClient, AuthenticatedUser),
    /// The name as it was typed.
    user_name: Option<String>,
    /// The provider that authenticated the user.
    auth_provider: Option<String>,
    /// The return URL.
    referrer_url: Option<String>,
}

/// Authenticates what the request must prove. A return URL to another origin is refused before that.
pub async fn authorize<'a>(
    exchange: &Exchange<'_>,
    dto: &'a Authenticate,
) -> Result<Authorized<'a>, ServiceStackFailure> {
    let intent = AuthenticateIntent::of(exchange.incoming, exchange.call, dto)?;
    let referrer_url = browser::return_url(exchange, dto, &intent).await?;
    let (person, user_name, auth_provider) = match intent {
        AuthenticateIntent::SignOut => {
            csrf::check_sign_out(exchange.incoming, exchange.allowed)?;
            return Ok(Authorized::SignOut);
        }
        AuthenticateIntent::Session => {
            return session::current(exchange).await.map(Authorized::Answer);
        }
        AuthenticateIntent::Verify(token) => {
            return session::of_token(exchange, &token)
                .await
                .map(Authorized::Answer);
        }
        AuthenticateIntent::Credentials {
            user_name,
            password,
        } => {
            let person = by_password(exchange, &user_name, &password).await?;
            (person, Some(user_name), None)
        }
        AuthenticateIntent::Provider {
            provider,
            access_token,
        } => {
            let person = by_token(exchange, provider, &access_token).await?;
            (person, None, Some(provider.name().to_owned()))
        }
    };
    Ok(Authorized::SignIn(SignIn {
        dto,
        person,
        user_name,
        auth_provider,
        referrer_url,
    }))
}

/// Does what has been authorized.
pub async fn complete(
    exchange: &Exchange<'_>,
    authorized: Authorized<'_>,
) -> Result<OperationResult, ServiceStackFailure> {
    match authorized {
        Authorized::SignOut => sign_out(exchange).await,
        Authorized::Answer(result) => Ok(result),
        Authorized::SignIn(asked) => sign_in(exchange, asked).await,
    }
}

async fn by_password(
    exchange: &Exchange<'_>,
    user_name: &str,
    password: &Secret,
) -> Result<(AuthenticatedClient, AuthenticatedUser), ServiceStackFailure> {
    // HTTP Basic signs in by GET too, and is judged as a POST is.
    exchange.check_origin(Method::Post)?;
    rate_limit::check(exchange.app, RateLimit::SignIn).await?;
    let person = PasswordCredentials {
        username: user_name,
        password,
        origin: &origin(exchange)?,
    };
    Ok(credentials::sign_in_to_named(exchange.app, &person).await?)
}

/// Where an attempt comes from. The bearer of a session's tokens may be the owner, who signs in anew.
fn origin(exchange: &Exchange<'_>) -> Result<AttemptOrigin, ServiceStackFailure> {
    let refresh = token_cookies::token(exchange.incoming, Cookie::RefreshToken);
    let access: Vec<Secret> = session::access_tokens(exchange).collect();
    let sessions = non_rotating_sessions::named(exchange.app, refresh.as_ref(), &access)?;
    let device = exchange.incoming.device_info();
    let client_info = &exchange.app.client_info;
    Ok(client_info.origin(device.device_id.as_deref(), sessions.into_iter().next()))
}

async fn by_token(
    exchange: &Exchange<'_>,
    provider: Provider,
    token: &Secret,
) -> Result<(AuthenticatedClient, AuthenticatedUser), ServiceStackFailure> {
    rate_limit::check(exchange.app, RateLimit::SignIn).await?;
    provider_tokens::sign_in(exchange.app, provider, token)
        .await
        .map_err(ServiceStackFailure::of_access_token)
}

/// Opens the session.
async fn sign_in(
    exchange: &Exchange<'_>,
    asked: SignIn<'_>,
) -> Result<OperationResult, ServiceStackFailure> {
    let (dto, (client, person)) = (asked.dto, asked.person);
    let presented = token_cookies::token(exchange.incoming, Cookie::RefreshToken);
    let device = exchange.incoming.device_info();
    let opened =
        non_rotating_sessions::open(exchange.app, &client, &person, device, presented.as_ref())
            .await?;
    let account = session::described(&opened.session);
    let mut response = AuthenticateResponse {
        user_name: asked.user_name.or(account.user_name),
        referrer_url: asked.referrer_url,
        auth_provider: asked.auth_provider,
        ..account
    };
    if !dto.wants_tokens() {
        return Ok(exchange.answered(&response));
    }
    let cookies = token_cookies::signed_in(exchange, dto, &opened);
    if dto.use_token_cookie != Some(true) {
        response.bearer_token = Some(opened.access_token);
        response.refresh_token = Some(opened.refresh_token);
        response.refresh_token_expiry = Some(opened.refresh_expires);
    }
    Ok(OperationResult {
        cookies,
        has_tokens: true,
        ..exchange.answered(&response)
    })
}

/// Ends the session of every token that came along; there may be none.
async fn sign_out(exchange: &Exchange<'_>) -> Result<OperationResult, ServiceStackFailure> {
    let refresh = token_cookies::token(exchange.incoming, Cookie::RefreshToken);
    let access: Vec<Secret> = session::access_tokens(exchange).collect();
    non_rotating_sessions::end(exchange.app, refresh.as_ref(), &access).await?;
    Ok(OperationResult {
        cookies: token_cookies::signed_out(exchange),
        ..exchange.answered(&AuthenticateResponse::default())
    })
}
