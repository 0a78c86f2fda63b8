//! `Authenticate` and `AuthenticateLogout`: signing in and out, and the question who is signed in.

use super::{Exchange, Outcome, browser, token_cookies};
use crate::auth::account::{ADMINISTER, Account};
use crate::auth::attempts::Place;
use crate::auth::oauth::Provider;
use crate::auth::secret::Secret;
use crate::edge::endpoints::login::device_info;
use crate::edge::flows::credentials::{self, CallingClient, Presented, SignedIn};
use crate::edge::flows::{provider_tokens, standing_sessions};
use crate::edge::limits::{self, Flood};
use crate::edge::store::sessions::LiveSession;
use crate::error::Error;
use crate::wire::incoming::Method;
use crate::wire::servicestack::ask::Ask;
use crate::wire::servicestack::cookies::Cookie;
use crate::wire::servicestack::dto::{Authenticate, AuthenticateResponse};
use crate::wire::servicestack::failure::Failure;

/// The role that administrators have here.
const ADMINISTRATOR: &str = "Admin";

/// Does what is asked. A return URL that leads elsewhere is refused before anything is done.
pub async fn authenticate(exchange: &Exchange<'_>, dto: &Authenticate) -> Result<Outcome, Failure> {
    let ask = Ask::of(exchange.incoming, exchange.call, dto)?;
    let referrer_url = browser::return_url(exchange, dto, &ask).await?;
    match ask {
        Ask::SignOut => sign_out(exchange).await,
        Ask::Session => session(exchange).await,
        Ask::Verify(token) => {
            let session = standing_sessions::verify(exchange.app, &token).await?;
            let session = session.ok_or(Failure::InvalidToken)?;
            Ok(exchange.told(&described(&session)))
        }
        Ask::Credentials {
            user_name,
            password,
        } => {
            // HTTP Basic signs in by GET too, and is judged as a POST is.
            exchange.check_origin(Method::Post)?;
            limits::hold(exchange.app, Flood::SignIn).await?;
            let person = Presented {
                username: &user_name,
                password: &password,
                place: &place(exchange)?,
            };
            let proven = credentials::sign_in_to_named(exchange.app, &person).await?;
            let response = AuthenticateResponse {
                user_name: Some(user_name),
                referrer_url,
                ..AuthenticateResponse::default()
            };
            signed_in(exchange, dto, proven, response).await
        }
        Ask::Provider {
            provider,
            access_token,
        } => {
            limits::hold(exchange.app, Flood::SignIn).await?;
            let known = Provider::from_name(provider);
            let known = known.ok_or_else(|| Failure::UnknownProvider(provider.to_owned()))?;
            let proven = provider_tokens::sign_in(exchange.app, known, &access_token).await?;
            let response = AuthenticateResponse {
                auth_provider: Some(provider.to_owned()),
                referrer_url,
                ..AuthenticateResponse::default()
            };
            signed_in(exchange, dto, proven, response).await
        }
    }
}

/// Where an attempt comes from. Whoever has a session's tokens may be the owner, who signs in anew.
fn place(exchange: &Exchange<'_>) -> Result<Place, Failure> {
    let refresh = token_cookies::token(exchange.incoming, Cookie::RefreshToken);
    let access: Vec<Secret> = access_tokens(exchange).collect();
    let sessions = standing_sessions::named(exchange.app, refresh.as_ref(), &access)?;
    let device = device_info(exchange.incoming);
    let visitor = &exchange.app.visitor;
    Ok(visitor.place(device.device_id.as_deref(), sessions.into_iter().next()))
}

/// Opens the session; `response` has what is not of the account.
async fn signed_in(
    exchange: &Exchange<'_>,
    dto: &Authenticate,
    (client, person): (CallingClient, SignedIn),
    response: AuthenticateResponse,
) -> Result<Outcome, Failure> {
    let presented = token_cookies::token(exchange.incoming, Cookie::RefreshToken);
    let device = device_info(exchange.incoming);
    let opened =
        standing_sessions::open(exchange.app, &client, &person, device, presented.as_ref()).await?;
    let account = described(&opened.session);
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
    let access: Vec<Secret> = access_tokens(exchange).collect();
    standing_sessions::end(exchange.app, refresh.as_ref(), &access).await?;
    Ok(Outcome {
        cookies: token_cookies::signed_out(exchange),
        ..exchange.told(&AuthenticateResponse::default())
    })
}

/// Tells who is signed in. What is wrong with a token is not told: it signs nobody in. A refresh
/// token alone does, and a fresh access token comes with the answer.
async fn session(exchange: &Exchange<'_>) -> Result<Outcome, Failure> {
    let app = exchange.app;
    for token in access_tokens(exchange) {
        if let Some(session) = standing_sessions::find(app, &token).await? {
            return Ok(exchange.told(&described(&session)));
        }
    }
    let nobody = Failure::Common(Error::NoBearer);
    let refresh = token_cookies::token(exchange.incoming, Cookie::RefreshToken);
    let refresh = refresh.ok_or_else(|| nobody.clone())?;
    let renewed = standing_sessions::renew(app, &refresh, device_info(exchange.incoming)).await;
    let renewed = match renewed {
        Ok(Some(renewed)) => renewed,
        Ok(None) | Err(Error::Refused(_)) => return Err(nobody),
        Err(error) => return Err(error.into()),
    };
    let cookie = token_cookies::renewed(exchange, &renewed.session, &renewed.access_token);
    Ok(Outcome {
        cookies: vec![cookie],
        has_tokens: true,
        ..exchange.told(&described(&renewed.session))
    })
}

/// The access tokens of a request, the bearer's first.
fn access_tokens(exchange: &Exchange<'_>) -> impl Iterator<Item = Secret> {
    let bearer = exchange.incoming.bearer().ok();
    let cookie = token_cookies::token(exchange.incoming, Cookie::AccessToken);
    bearer.into_iter().chain(cookie)
}

impl Exchange<'_> {
    /// An answer that brings no cookies.
    fn told(&self, response: &AuthenticateResponse) -> Outcome {
        Outcome {
            record: response.record(self.call.reply.format),
            cookies: Vec::new(),
            has_tokens: false,
        }
    }
}

/// What is told of a session.
fn described(session: &LiveSession) -> AuthenticateResponse {
    let account = &session.account;
    let permissions = account.permissions().to_vec();
    let administers = permissions.iter().any(|name| name == ADMINISTER);
    let roles = administers.then(|| ADMINISTRATOR.to_owned());
    let provider = match session.method.as_str() {
        "password" | "otp" => "credentials",
        provider => provider,
    };
    AuthenticateResponse {
        user_id: Some(account.id.clone()),
        session_id: Some(session.id.clone()),
        user_name: Some(account.username.clone()),
        display_name: Some(display_name(account)),
        roles: Some(roles.into_iter().collect()),
        permissions: Some(permissions),
        auth_provider: Some(provider.to_owned()),
        ..AuthenticateResponse::default()
    }
}

fn display_name(account: &Account) -> String {
    let names = [
        Some(account.first_name.as_str()),
        account.last_name.as_deref(),
    ];
    let names: Vec<&str> = names
        .into_iter()
        .flatten()
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() {
        account.username.clone()
    } else {
        names.join(" ")
    }
}
