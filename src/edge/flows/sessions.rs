//! Sessions: open, refresh, end.

use super::audit::{self, Event, SessionRef};
use super::credentials::{self, AuthenticatedClient, AuthenticatedUser, TokenSubject};
use super::{notifications, waiting};
use crate::auth::data_key::Purpose;
use crate::auth::id::SessionId;
use crate::auth::one_time::{self, AuthCode};
use crate::auth::secret::{Secret, random_id, random_secret};
use crate::auth::session::{Refresh, RefreshToken, device_digest};
use crate::auth::time::Timestamp;
use crate::auth::token::{AccessClaims, ClaimContext, DeviceInfo, Expiry, PersonClaims};
use crate::edge::app::App;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::ended_session::EndedSession;
use crate::store::new_codes::{self, NewCode};
use crate::store::refresh_tokens::{self, RefreshAttempt};
use crate::store::sessions::{self, LiveSession, NewSession};

const EXPIRED: ErrorKind = ErrorKind::Rejected(Reason::TokenExpired);

/// An access token, and the refresh token that gets the next one.
pub struct TokenPair {
    /// A JWT.
    pub access_token: String,
    /// Opaque.
    pub refresh_token: String,
    /// Epoch milliseconds at which the access token ends.
    pub expires: Timestamp,
}

/// Opens a session at once (the mobile apps' way).
pub async fn open(
    app: &App,
    calling: &AuthenticatedClient,
    person: &AuthenticatedUser,
    device: DeviceInfo,
) -> Result<TokenPair, Error> {
    let session = insert(app, calling, person, &device, None).await?;
    issue(app, &session, 0, device)
}

/// Opens a session, in place of another if one is named.
pub(super) async fn insert(
    app: &App,
    calling: &AuthenticatedClient,
    person: &AuthenticatedUser,
    device: &DeviceInfo,
    replaces: Option<&SessionId>,
) -> Result<LiveSession, Error> {
    let digest = device.device_id.as_deref().map(device_digest);
    let id = SessionId::draw()?;
    let provider_token = sealed_provider_token(app, person, &id)?;
    let new = NewSession {
        id: &id,
        user_id: &person.account().id,
        client: calling.client().id,
        device: digest.as_deref(),
        method: person.proof().method(),
        assurance: &person.assurance(app.now),
        factor: person.proof().factor(),
        place: &app.client_info.place(),
        provider_session: person.proof().provider_session(),
        provider_token: provider_token.as_deref(),
        password: person.password_precondition(),
        expires_on: app.now + app.config.session_max_age,
        replaces,
    };
    open_or_hold(app, calling, person, &new).await
}

/// Opens a session, unless the sign-in needs a second step: then it waits for that, under a secret of
/// its own.
async fn open_or_hold(
    app: &App,
    calling: &AuthenticatedClient,
    person: &AuthenticatedUser,
    new: &NewSession<'_>,
) -> Result<LiveSession, Error> {
    let token = random_secret()?;
    let key = one_time::key::<AuthCode>(&token);
    let pending = NewCode::in_place_of(new, &key, &calling.client().secret_digest);
    let effects = person.effects(app.now)?;
    let otp_attempt = effects.otp_attempt.clone();
    let batch = (
        sessions::open(new, effects, app.now),
        new_codes::hold(&pending, otp_attempt.as_ref(), app.now),
    );
    let (session, held) = app.db.run(batch).await?;
    if let Some(held) = held {
        waiting::note(app, person, Some(new.client));
        let needed = waiting::second_factor(&token, &held);
        return Err(ErrorKind::NeedsSecondFactor(needed).into());
    }
    let opened = session.as_ref().map(|session| &session.id);
    audit::record(app, person.sign_in(new.client, opened));
    if opened.is_some() {
        notifications::new_device(app, person, false);
    }
    session.ok_or_else(|| ErrorKind::Unauthenticated(Reason::InvalidCredentials).into())
}

/// The provider's refresh token as it is stored, bound to the session it goes with.
pub(super) fn sealed_provider_token(
    app: &App,
    person: &AuthenticatedUser,
    session_id: &SessionId,
) -> Result<Option<String>, Error> {
    let keys = &app.config.data_keys;
    let token = person.proof().provider_token(keys)?;
    let seal =
        |token: Secret| keys.seal(Purpose::ProviderToken, session_id.as_str(), token.expose());
    token.map(seal).transpose()
}

/// Moves a session on: the next refresh token and a fresh access token (RFC 9700 §4.14).
pub async fn refresh(
    app: &App,
    refresh_token: &Secret,
    access_token: Result<Secret, Error>,
    device: DeviceInfo,
) -> Result<TokenPair, Error> {
    let token = own_pair(app, refresh_token, access_token)?;
    let digest = device.device_id.as_deref().map(device_digest);
    let ask = RefreshAttempt {
        session_id: &token.session_id,
        n: token.n,
        device: digest.as_deref(),
        window: app.config.refresh_retry_window,
    };
    let done = app.db.run(refresh_tokens::refresh(&ask, app.now)).await?;
    let (before, owner) = done.before.ok_or(EXPIRED)?;
    let verdict = Refresh::judge(&before, ask.n, ask.device, app.now, ask.window);
    if verdict == Refresh::Theft {
        let session = SessionRef {
            id: token.session_id.clone(),
            user_id: owner.user_id,
            client: owner.client,
        };
        audit::record(app, Event::RefreshTheft(session));
    }
    verdict.allow()?;
    if done.rotated != (verdict == Refresh::Rotation) {
        let what = "the row and the rule of a refresh disagree";
        return Err(ErrorKind::Internal(what.to_owned()).into());
    }
    let session = done.session.ok_or(EXPIRED)?;
    issue(app, &session, token.n.saturating_add(1), device)
}

/// Reads a refresh token that comes with an access token of the same session, however old that is.
fn own_pair(
    app: &App,
    refresh_token: &Secret,
    access_token: Result<Secret, Error>,
) -> Result<RefreshToken, Error> {
    let token = RefreshToken::read(&app.config.data_keys, Purpose::Refresh, refresh_token)?
        .ok_or(EXPIRED)?;
    let (keys, issuer) = (&app.config.token_keys, &app.config.issuer);
    access_token
        .ok()
        .and_then(|access| keys.verify(access.expose(), issuer, app.now, Expiry::Ignored))
        .filter(|access| access.session_id == token.session_id)
        .ok_or(ErrorKind::Rejected(Reason::TokenInvalid))?;
    Ok(token)
}

/// Reads a refresh token that must be of the bearer's own session; its number does not matter.
pub fn own_refresh_token(app: &App, session_id: &SessionId, token: &Secret) -> Result<(), Error> {
    if token.is_empty() {
        return Err(ErrorKind::Rejected(Reason::TokenMissing).into());
    }
    let token =
        RefreshToken::read(&app.config.data_keys, Purpose::Refresh, token)?.ok_or(EXPIRED)?;
    if token.session_id == *session_id {
        Ok(())
    } else {
        Err(ErrorKind::Rejected(Reason::TokenInvalid).into())
    }
}

/// Ends the bearer's session. An access token that has expired will do, so that people can always sign
/// out.
///
/// The response names what is wrong with the refresh token only while the bearer's session lives.
pub async fn sign_out(
    app: &App,
    token: &Secret,
    refresh_token: &Secret,
) -> Result<EndedSession, Error> {
    let id = match credentials::former_session(app, token) {
        Some(id) => id,
        None => match credentials::session_id(app, token)? {
            TokenSubject::Session(id) => id,
            TokenSubject::Plain(_) => return Err(ErrorKind::Rejected(Reason::TokenInvalid).into()),
        },
    };
    if let Err(refusal) = own_refresh_token(app, &id, refresh_token) {
        credentials::bearer(app, token).await?;
        return Err(refusal);
    }
    let ended = app
        .db
        .run(sessions::end(&id, "signed out", app.now))
        .await?;
    let ended = ended.ok_or(ErrorKind::Unauthenticated(Reason::TokenRevoked))?;
    audit::record(app, Event::SignOut((&ended).into()));
    Ok(ended)
}

pub(super) fn issue(
    app: &App,
    session: &LiveSession,
    n: u32,
    device_info: DeviceInfo,
) -> Result<TokenPair, Error> {
    let refresh_token = RefreshToken {
        session_id: session.id.clone(),
        n,
    };
    let lifetime = session.client.access_token_expiration;
    Ok(TokenPair {
        access_token: access_token(app, session, device_info, None)?,
        refresh_token: refresh_token.issue(&app.config.data_keys, Purpose::Refresh)?,
        expires: app.now + lifetime,
    })
}

/// Signs an access token of a session; it lives as long as the client's do.
pub(super) fn access_token(
    app: &App,
    session: &LiveSession,
    device_info: DeviceInfo,
    person: Option<PersonClaims>,
) -> Result<String, Error> {
    let context = ClaimContext {
        session_id: &session.id,
        assurance: &session.assurance,
        jti: random_id()?,
        issuer: &app.config.issuer,
        locale: &app.config.locale,
        device_info,
    };
    let claims = AccessClaims {
        person,
        ..AccessClaims::new(&session.account, &session.client, context)
    };
    let lifetime = session.client.access_token_expiration;
    app.config.token_keys.sign(claims, app.now, lifetime)
}
