//! Signing in, codes and tokens, and the signed-in user.

use serde_json::json;

use crate::auth::attempts::AttemptOrigin;
use crate::auth::token::DeviceInfo;
use crate::edge::app::App;
use crate::edge::flows::codes::{self, CodeExchange};
use crate::edge::flows::credentials::{self, Bearer, Credentials, PasswordCredentials};
use crate::edge::flows::passwords::{self, PasswordChange};
use crate::edge::flows::sessions::{self, TokenPair};
use crate::error::{Error, Reason};
use crate::wire::incoming::Incoming;
use crate::wire::loopback::auth_user::{self, AuthUser};
use crate::wire::loopback::models::{
    self, AuthTokenRequest, ChangePasswordRequest, LoginRequest, RefreshRequest, TokenResponse,
};
use crate::wire::reply::Reply;

/// `POST /auth/login`: a code for a web app's server.
pub async fn login(app: &App, incoming: &Incoming) -> Result<Reply, Error> {
    let body: LoginRequest = incoming.json(&models::LOGIN_REQUEST)?;
    let challenge = body.challenge()?;
    let origin = origin(app, incoming);
    let (client, person) = credentials::sign_in(app, &credentials_of(&body, &origin)).await?;
    let code = codes::new_code(app, &client, &person, challenge.as_ref()).await?;
    Reply::json(&json!({ "code": code.expose() }))
}

/// `POST /auth/login-token`: tokens at once, for mobile apps.
pub async fn login_token(app: &App, incoming: &Incoming) -> Result<Reply, Error> {
    let body: LoginRequest = incoming.json(&models::LOGIN_TOKEN_REQUEST)?;
    let (device, origin) = (device_info(incoming), origin(app, incoming));
    let (client, person) = credentials::sign_in(app, &credentials_of(&body, &origin))
        .await
        .map_err(as_resource_owner)?;
    let pair = sessions::open(app, &client, &person, device).await?;
    token_response(pair)
}

/// `POST /auth/token`: redeems a code.
pub async fn token(app: &App, incoming: &Incoming) -> Result<Reply, Error> {
    let body: AuthTokenRequest = incoming.json(&models::AUTH_TOKEN_REQUEST)?;
    let exchange = CodeExchange {
        code: &body.code,
        client_id: &body.client_id,
        verifier: body.code_verifier.as_ref(),
        device: device_info(incoming),
    };
    token_response(codes::exchange_code(app, exchange).await?)
}

/// `POST /auth/token-refresh`: the next pair.
pub async fn refresh(app: &App, incoming: &Incoming) -> Result<Reply, Error> {
    let body: RefreshRequest = incoming.json(&models::REFRESH_REQUEST)?;
    let access_token = incoming.bearer();
    let device = device_info(incoming);
    token_response(sessions::refresh(app, &body.refresh_token, access_token, device).await?)
}

/// `GET /auth/me`: the signed-in user, as the store knows them now.
pub async fn me(app: &App, incoming: &Incoming) -> Result<Reply, Error> {
    match credentials::bearer(app, &incoming.bearer()?).await? {
        Bearer::Session(session) => {
            let (account, client) = (&session.account, session.client.id);
            Reply::json(&AuthUser::new(account, client, &app.config.locale, app.now))
        }
        Bearer::Plain(claims) => Reply::json(&auth_user::from_claims(claims)),
    }
}

/// `PATCH /auth/change-password`.
pub async fn change_password(app: &App, incoming: &Incoming) -> Result<Reply, Error> {
    let body: ChangePasswordRequest = incoming.json(&models::CHANGE_PASSWORD_REQUEST)?;
    let change = PasswordChange {
        refresh_token: &body.refresh_token,
        username: &body.username,
        password: &body.password,
        old_password: &body.old_password,
        origin: &origin(app, incoming),
    };
    passwords::change(app, &incoming.bearer()?, &change).await?;
    Reply::json(&json!({ "success": true }))
}

fn credentials_of<'a>(body: &'a LoginRequest, origin: &'a AttemptOrigin) -> Credentials<'a> {
    Credentials {
        client_id: &body.client_id,
        client_secret: &body.client_secret,
        person: PasswordCredentials {
            username: &body.username,
            password: &body.password,
            origin,
        },
    }
}

/// Where an attempt comes from. Whoever has a session's token may be the owner, who signs in anew.
fn origin(app: &App, incoming: &Incoming) -> AttemptOrigin {
    let device = device_info(incoming);
    let token = incoming.bearer().ok();
    let session = token.and_then(|token| credentials::former_session(app, &token));
    app.client_info.origin(device.device_id.as_deref(), session)
}

/// The original's resource-owner strategy spells two refusals the other way round.
fn as_resource_owner(error: Error) -> Error {
    match error {
        Error::Strategy(Reason::MissingCredentials) => Error::Refused(Reason::Unauthorized),
        Error::Refused(Reason::ClientInvalid) => Error::Strategy(Reason::ClientInvalid),
        other => other,
    }
}

/// What the headers say of the device a request is from.
pub fn device_info(incoming: &Incoming) -> DeviceInfo {
    let header = |name| {
        let value = incoming.header(name).filter(|value| !value.is_empty());
        value.map(str::to_owned)
    };
    DeviceInfo {
        device_id: header("device_id"),
        user_agent: header("user-agent"),
    }
}

/// A pair of tokens as both families of the ARC API's answers have it.
pub(super) fn token_response(pair: TokenPair) -> Result<Reply, Error> {
    Reply::json(&TokenResponse {
        access_token: pair.access_token,
        refresh_token: pair.refresh_token,
        expires: pair.expires,
    })
}
