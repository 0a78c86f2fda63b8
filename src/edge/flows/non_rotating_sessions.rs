//! Sessions with one refresh token for all their life: those of ServiceStack's clients, which send the
//! same one again and again.

use super::audit::{self, Event};
use super::codes;
use super::credentials::{self, AuthenticatedClient, AuthenticatedUser, TokenSubject};
use super::factors::second_factor;
use super::sessions;
use crate::auth::data_key::Purpose;
use crate::auth::id::{AttemptId, SessionId};
use crate::auth::one_time::{self, AuthCode};
use crate::auth::secret::{Secret, random_secret};
use crate::auth::session::{RefreshToken, device_digest};
use crate::auth::time::Timestamp;
use crate::auth::token::{DeviceInfo, PersonClaims};
use crate::edge::app::App;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::codes::{self as redemptions, Redemption};
use crate::store::refresh_tokens;
use crate::store::sessions::{self as rows, LiveSession};

/// A session that has just been opened, with its tokens.
pub struct Opened {
    /// The session.
    pub session: LiveSession,
    /// A JWT, as in the other API.
    pub access_token: Secret,
    /// Opaque; it stays the same while the session lives.
    pub refresh_token: Secret,
    /// When the refresh token ends if it is never used.
    pub refresh_expires: Timestamp,
}

/// A session that goes on, with a fresh access token.
pub struct Renewed {
    /// The session.
    pub session: LiveSession,
    /// A JWT.
    pub access_token: Secret,
}

/// Opens a session for an authenticated user, in place of the one whose refresh token was presented.
pub async fn open(
    app: &App,
    calling: &AuthenticatedClient,
    person: &AuthenticatedUser,
    device: DeviceInfo,
    presented: Option<&Secret>,
) -> Result<Opened, Error> {
    let replaces = replaced(app, presented)?;
    let session = sessions::insert(app, calling, person, &device, replaces.as_ref()).await?;
    opened(app, session, device)
}

/// Opens the session of a sign-in that waits for its second factor, by the code that was typed.
pub async fn open_waiting(
    app: &App,
    token: &Secret,
    typed: &str,
    device: DeviceInfo,
    presented: Option<&Secret>,
) -> Result<Opened, Error> {
    let client_id = app.config.servicestack_client_id.as_ref();
    let client_id = client_id.ok_or(ErrorKind::NotConfigured("SERVICESTACK_CLIENT_ID"))?;
    let code = random_secret()?;
    let digest = device.device_id.as_deref().map(device_digest);
    // The code is redeemed in the trip that makes it.
    let redemption = Redemption {
        key: &one_time::key::<AuthCode>(&code),
        attempt: &AttemptId::draw()?,
        client_id,
        challenge: None,
        device: digest.as_deref(),
        session_expires_on: app.now + app.config.session_max_age,
    };
    let replaced = replaced(app, presented)?;
    let replace = replaced
        .as_ref()
        .map(|old| redemptions::replace(old, redemption.key, app.now));
    let then = (redemptions::redeem(&redemption, app.now), replace);
    let then = (code, then);
    let done = second_factor::by_code_with(app, token, typed, Some(client_id), then);
    let (_, (redeemed, _)) = done.await?;
    opened(app, codes::redeemed_session(app, redeemed)?, device)
}

/// The session whose refresh token was presented.
fn replaced(app: &App, presented: Option<&Secret>) -> Result<Option<SessionId>, Error> {
    let token = presented.map(|token| read(app, token)).transpose()?;
    Ok(token.flatten().map(|token| token.session_id))
}

fn opened(app: &App, session: LiveSession, device: DeviceInfo) -> Result<Opened, Error> {
    let refresh_token = RefreshToken {
        session_id: session.id.clone(),
        n: 0,
    };
    let keys = &app.config.data_keys;
    let idle = session.client.refresh_token_expiration;
    Ok(Opened {
        access_token: access_token(app, &session, device)?,
        refresh_token: Secret::new(refresh_token.issue(keys, Purpose::ServiceStackRefresh)?),
        refresh_expires: app.now + idle.min(app.config.session_max_age),
        session,
    })
}

/// Uses a refresh token; nothing if it is not one of ours.
pub async fn renew(
    app: &App,
    refresh_token: &Secret,
    device: DeviceInfo,
) -> Result<Option<Renewed>, Error> {
    let Some(token) = read(app, refresh_token)? else {
        return Ok(None);
    };
    let digest = device.device_id.as_deref().map(device_digest);
    let renew = refresh_tokens::renew(&token.session_id, digest.as_deref(), app.now);
    let session = app.db.run(renew).await?;
    let session = session.ok_or(ErrorKind::Rejected(Reason::TokenExpired))?;
    let access_token = access_token(app, &session, device)?;
    Ok(Some(Renewed {
        session,
        access_token,
    }))
}

/// The session of an access token; nothing if either is no longer good.
pub async fn find(app: &App, access_token: &Secret) -> Result<Option<LiveSession>, Error> {
    let Ok(TokenSubject::Session(id)) = credentials::session_id(app, access_token) else {
        return Ok(None);
    };
    app.db.run(rows::live(&id, app.now)).await
}

/// The session of an access token, or why it is refused; nothing if the token is not ours.
pub async fn verify(app: &App, access_token: &Secret) -> Result<Option<LiveSession>, Error> {
    if let Some(session) = find(app, access_token).await? {
        return Ok(Some(session));
    }
    match credentials::session_id(app, access_token) {
        Ok(_) => Err(ErrorKind::Unauthenticated(Reason::TokenRevoked).into()),
        Err(_) if credentials::former_session(app, access_token).is_some() => {
            Err(ErrorKind::Unauthenticated(Reason::BearerExpired).into())
        }
        Err(_) => Ok(None),
    }
}

/// Ends the sessions that tokens name, expired or not.
pub async fn end(
    app: &App,
    refresh_token: Option<&Secret>,
    access: &[Secret],
) -> Result<(), Error> {
    let ids = named(app, refresh_token, access)?;
    if ids.is_empty() {
        return Ok(());
    }
    let end = ids.iter().map(|id| rows::end(id, "signed out", app.now));
    let ended = app.db.run(end.collect::<Vec<_>>()).await?;
    for ended in ended.iter().flatten() {
        audit::record(app, Event::SignOut(ended.into()));
    }
    Ok(())
}

/// The sessions that tokens of ours were made for, over or not.
pub fn named(
    app: &App,
    refresh_token: Option<&Secret>,
    access: &[Secret],
) -> Result<Vec<SessionId>, Error> {
    let of_refresh = refresh_token.map(|token| read(app, token)).transpose()?;
    let of_access = access
        .iter()
        .filter_map(|token| credentials::former_session(app, token));
    Ok(of_refresh
        .flatten()
        .map(|token| token.session_id)
        .into_iter()
        .chain(of_access)
        .collect())
}

/// An access token with the claims that ServiceStack's services read.
fn access_token(app: &App, session: &LiveSession, device: DeviceInfo) -> Result<Secret, Error> {
    let person = PersonClaims::of(&session.account);
    sessions::access_token(app, session, device, Some(person)).map(Secret::new)
}

fn read(app: &App, token: &Secret) -> Result<Option<RefreshToken>, Error> {
    RefreshToken::read(&app.config.data_keys, Purpose::ServiceStackRefresh, token)
}
