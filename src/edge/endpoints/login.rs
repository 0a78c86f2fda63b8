//! Signing in with a password, and the signed-in user.

use super::client_body;
use super::codes::code_response;
use super::tokens::token_response;
use crate::auth::attempts::AttemptOrigin;
use crate::edge::app::App;
use crate::edge::flows::codes;
use crate::edge::flows::credentials::{self, Bearer, Credentials, PasswordCredentials};
use crate::edge::flows::sessions;
use crate::error::{ErrorKind, Reason};
use crate::wire::incoming::Incoming;
use crate::wire::loopback::auth_user::{self, AuthUser};
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::models::{self, LoginRequest};
use crate::wire::loopback::request::read;
use crate::wire::reply::Reply;

/// `POST /auth/login`: a code for a web app's server.
pub async fn login(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body = client_body::check(app, &models::LOGIN_REQUEST, incoming.json_value()?);
    let body: LoginRequest = read(body.await?)?;
    let challenge = body.challenge()?;
    let token = incoming.bearer().ok();
    let origin = credentials::origin(app, &incoming.device_info(), token.as_ref());
    let (client, person) = credentials::sign_in(app, &credentials_of(&body, &origin)).await?;
    let code = codes::new_code(app, &client, &person, challenge.as_ref()).await?;
    code_response(&code)
}

/// `POST /auth/login-token`: tokens at once, for mobile apps with a secret.
pub async fn login_token(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let body = client_body::check(app, &models::LOGIN_TOKEN_REQUEST, incoming.json_value()?);
    let body: LoginRequest = read(body.await?)?;
    if body.client_secret.is_none() {
        return Err(ErrorKind::Rejected(Reason::ClientInvalid).into());
    }
    let (device, token) = (incoming.device_info(), incoming.bearer().ok());
    let origin = credentials::origin(app, &device, token.as_ref());
    let (client, person) = credentials::sign_in(app, &credentials_of(&body, &origin))
        .await
        .map_err(LoopbackFailure::of_resource_owner)?;
    let pair = sessions::open(app, &client, &person, device).await?;
    token_response(pair)
}

/// `GET /auth/me`: the signed-in user, as the store knows them now.
pub async fn me(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let reply = match credentials::bearer(app, &incoming.bearer()?).await? {
        Bearer::Session(session) => {
            let (account, client) = (&session.account, session.client.id);
            Reply::json(&AuthUser::new(account, client, &app.config.locale, app.now))
        }
        Bearer::Plain(claims) => Reply::json(&auth_user::from_claims(claims)),
    };
    Ok(reply?)
}

fn credentials_of<'a>(body: &'a LoginRequest, origin: &'a AttemptOrigin) -> Credentials<'a> {
    Credentials {
        client_id: &body.client_id,
        client_secret: body.client_secret.as_ref(),
        person: PasswordCredentials {
            username: &body.username,
            password: &body.password,
            origin,
        },
    }
}
