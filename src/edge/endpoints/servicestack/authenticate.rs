//! `Authenticate` and `AuthenticateLogout`: signing in and out, and the question who is signed in.
//!
//! In two steps, so that a batch in which one request fails leaves no sessions behind: first all
//! of it is proven, then all of it is done.

use super::{Exchange, Outcome, browser, session, token_cookies};
use crate::auth::attempts::Place;
use crate::auth::oauth::Provider;
use crate::auth::secret::Secret;
use crate::edge::endpoints::login::device_info;
use crate::edge::flows::credentials::{self, CallingClient, Presented, SignedIn};
use crate::edge::flows::{provider_tokens, standing_sessions};
use crate::edge::limits::{self, Flood};
use crate::wire::incoming::Method;
use crate::wire::servicestack::ask::Ask;
use crate::wire::servicestack::cookies::Cookie;
use crate::wire::servicestack::csrf;
use crate::wire::servicestack::dto::{Authenticate, AuthenticateResponse};
use crate::wire::servicestack::failure::Failure;

/// A request that may be done.
pub enum Proven<'a> {
    /// To end the caller's sessions.
    SignOut,
    /// To tell this.
    Told(Outcome),
    /// To open a session.
    SignIn {
        /// How the caller wants it.
        dto: &'a Authenticate,
        /// For whom.
        person: (CallingClient, SignedIn),
        /// What is not of the account.
        response: AuthenticateResponse,
    },
}

/// Proves whoever must be. A return URL that leads elsewhere is refused before anything is tried.
pub async fn prove<'a>(
    exchange: &Exchange<'_>,
    dto: &'a Authenticate,
) -> Result<Proven<'a>, Failure> {
    let ask = Ask::of(exchange.incoming, exchange.call, dto)?;
    let referrer_url = browser::return_url(exchange, dto, &ask).await?;
    let mut response = AuthenticateResponse {
        referrer_url,
        ..AuthenticateResponse::default()
    };
    let person = match ask {
        Ask::SignOut => {
            csrf::check_sign_out(exchange.incoming, exchange.allowed)?;
            return Ok(Proven::SignOut);
        }
        Ask::Session => return session::current(exchange).await.map(Proven::Told),
        Ask::Verify(token) => return session::of_token(exchange, &token).await.map(Proven::Told),
        Ask::Credentials {
            user_name,
            password,
        } => {
            let person = by_password(exchange, &user_name, &password).await?;
            response.user_name = Some(user_name);
            person
        }
        Ask::Provider {
            provider,
            access_token,
        } => {
            response.auth_provider = Some(provider.name().to_owned());
            by_token(exchange, provider, &access_token).await?
        }
    };
    Ok(Proven::SignIn {
        dto,
        person,
        response,
    })
}

/// Does what has been proven.
pub async fn complete(exchange: &Exchange<'_>, proven: Proven<'_>) -> Result<Outcome, Failure> {
    match proven {
        Proven::SignOut => sign_out(exchange).await,
        Proven::Told(outcome) => Ok(outcome),
        Proven::SignIn {
            dto,
            person,
            response,
        } => sign_in(exchange, dto, person, response).await,
    }
}

async fn by_password(
    exchange: &Exchange<'_>,
    user_name: &str,
    password: &Secret,
) -> Result<(CallingClient, SignedIn), Failure> {
    // HTTP Basic signs in by GET too, and is judged as a POST is.
    exchange.check_origin(Method::Post)?;
    limits::hold(exchange.app, Flood::SignIn).await?;
    let person = Presented {
        username: user_name,
        password,
        place: &place(exchange)?,
    };
    Ok(credentials::sign_in_to_named(exchange.app, &person).await?)
}

/// Where an attempt comes from. Whoever has a session's tokens may be the owner, who signs in anew.
fn place(exchange: &Exchange<'_>) -> Result<Place, Failure> {
    let refresh = token_cookies::token(exchange.incoming, Cookie::RefreshToken);
    let access: Vec<Secret> = session::access_tokens(exchange).collect();
    let sessions = standing_sessions::named(exchange.app, refresh.as_ref(), &access)?;
    let device = device_info(exchange.incoming);
    let visitor = &exchange.app.visitor;
    Ok(visitor.place(device.device_id.as_deref(), sessions.into_iter().next()))
}

async fn by_token(
    exchange: &Exchange<'_>,
    provider: Provider,
    token: &Secret,
) -> Result<(CallingClient, SignedIn), Failure> {
    limits::hold(exchange.app, Flood::SignIn).await?;
    provider_tokens::sign_in(exchange.app, provider, token)
        .await
        .map_err(Failure::of_access_token)
}

/// Opens the session; `response` has what is not of the account.
async fn sign_in(
    exchange: &Exchange<'_>,
    dto: &Authenticate,
    (client, person): (CallingClient, SignedIn),
    response: AuthenticateResponse,
) -> Result<Outcome, Failure> {
    let presented = token_cookies::token(exchange.incoming, Cookie::RefreshToken);
    let device = device_info(exchange.incoming);
    let opened =
        standing_sessions::open(exchange.app, &client, &person, device, presented.as_ref()).await?;
    let account = session::described(&opened.session);
    let mut response = AuthenticateResponse {
        user_name: response.user_name.or(account.user_name),
        referrer_url: response.referrer_url,
        auth_provider: response.auth_provider,
        ..account
    };
    if !dto.wants_tokens() {
        return Ok(exchange.told(&response));
    }
    let cookies = token_cookies::signed_in(exchange, dto, &opened);
    if dto.use_token_cookie != Some(true) {
        response.bearer_token = Some(opened.access_token);
        response.refresh_token = Some(opened.refresh_token);
        response.refresh_token_expiry = Some(opened.refresh_expires);
    }
    Ok(Outcome {
        cookies,
        has_tokens: true,
        ..exchange.told(&response)
    })
}

/// Ends the session of every token that came along; there may be none.
async fn sign_out(exchange: &Exchange<'_>) -> Result<Outcome, Failure> {
    let refresh = token_cookies::token(exchange.incoming, Cookie::RefreshToken);
    let access: Vec<Secret> = session::access_tokens(exchange).collect();
    standing_sessions::end(exchange.app, refresh.as_ref(), &access).await?;
    Ok(Outcome {
        cookies: token_cookies::signed_out(exchange),
        ..exchange.told(&AuthenticateResponse::default())
    })
}
