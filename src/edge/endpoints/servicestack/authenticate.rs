//! `Authenticate` and `AuthenticateLogout`: signing in and out, and the current session.
//!
//! In two steps, so that a batch in which one request fails leaves no sessions behind: first all
//! of it is authorized, then all of it is done.

use super::exchange::{Exchange, OperationResult};
use super::sign_in::{self, SecondFactor, SignIn};
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
    /// To open the session of a sign-in that waits for its second factor.
    SecondFactor(SecondFactor<'a>),
}

/// Authenticates what the request must prove. A return URL to another origin is refused before that.
pub async fn authorize<'a>(
    exchange: &Exchange<'_>,
    dto: &'a Authenticate,
) -> Result<Authorized<'a>, ServiceStackFailure> {
    let intent = AuthenticateIntent::of(exchange.incoming, exchange.call, dto)?;
    let referrer_url = browser::return_url(exchange, dto, &intent).await?;
    let (person, user_name, auth_provider) = match intent {
        AuthenticateIntent::SignOut => return sign_out_asked(exchange),
        AuthenticateIntent::Session => {
            return session::current(exchange).await.map(Authorized::Answer);
        }
        AuthenticateIntent::Verify(token) => {
            let answer = session::of_token(exchange, &token).await?;
            return Ok(Authorized::Answer(answer));
        }
        AuthenticateIntent::SecondFactor { token, otp } => {
            return waiting(exchange, dto, (token, otp), referrer_url).await;
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
    let asked = SignIn {
        dto,
        person,
        user_name,
        auth_provider,
        referrer_url,
    };
    Ok(Authorized::SignIn(asked))
}

/// A sign-out that no page of another site asks for behind its visitor's back.
fn sign_out_asked<'a>(exchange: &Exchange<'_>) -> Result<Authorized<'a>, ServiceStackFailure> {
    csrf::check_sign_out(exchange.incoming, exchange.allowed)?;
    Ok(Authorized::SignOut)
}

/// A sign-in that waits for its second factor, and comes as any sign-in may.
async fn waiting<'a>(
    exchange: &Exchange<'_>,
    dto: &'a Authenticate,
    (token, otp): (Secret, Secret),
    referrer_url: Option<String>,
) -> Result<Authorized<'a>, ServiceStackFailure> {
    exchange.check_origin(Method::Post)?;
    rate_limit::check(exchange.app, RateLimit::SignIn).await?;
    Ok(Authorized::SecondFactor(SecondFactor {
        dto,
        token,
        otp,
        user_name: dto.user_name.clone(),
        auth_provider: None,
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
        Authorized::SignIn(asked) => sign_in::open(exchange, asked).await,
        Authorized::SecondFactor(asked) => sign_in::second_factor(exchange, asked).await,
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
