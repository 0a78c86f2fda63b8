//! The bearer of an access token (RFC 6750).

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::auth::attempts::AttemptOrigin;
use crate::auth::id::{SessionId, UserId};
use crate::auth::secret::Secret;
use crate::auth::token::{DeviceInfo, Expiry};
use crate::edge::app::App;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::sessions::{self, LiveSession};

/// What the bearer of an access token is.
pub enum Bearer {
    /// The user of a session.
    Session(Box<LiveSession>),
    /// The user that the claims name, without a session (the compatibility flag `plain-bearer`).
    Plain(Map<String, Value>),
}

impl Bearer {
    /// The permissions that the bearer holds now.
    pub fn permissions(&self) -> Cow<'_, [String]> {
        match self {
            Self::Session(session) => session.account.permissions().into(),
            Self::Plain(claims) => {
                let held = claims.get("permissions").and_then(Value::as_array);
                let texts = held.into_iter().flatten().filter_map(Value::as_str);
                texts.map(str::to_owned).collect()
            }
        }
    }

    /// The tenant that the bearer belongs to.
    pub fn tenant_id(&self) -> Option<&str> {
        match self {
            Self::Session(session) => {
                let membership = session.account.membership.as_ref()?;
                Some(&membership.tenant_id)
            }
            Self::Plain(claims) => claims.get("tenantId").and_then(Value::as_str),
        }
    }

    /// The user's id.
    pub fn user_id(&self) -> Option<UserId> {
        match self {
            Self::Session(session) => Some(session.account.id.clone()),
            Self::Plain(claims) => claims.get("id").and_then(Value::as_str).map(UserId::new),
        }
    }
}

/// Reads the token of a request to a session that may be used now, in one trip.
pub async fn bearer(app: &App, token: &Secret) -> Result<Bearer, Error> {
    match session_id(app, token)? {
        TokenSubject::Session(id) => {
            let session = app.db.run(sessions::live(&id, app.now)).await?;
            session
                .map(|session| Bearer::Session(Box::new(session)))
                .ok_or_else(|| ErrorKind::Unauthenticated(Reason::TokenRevoked).into())
        }
        TokenSubject::Plain(claims) => Ok(Bearer::Plain(claims)),
    }
}

/// The session that an access token of ours was made for, even if its time is over.
pub fn former_session(app: &App, token: &Secret) -> Option<SessionId> {
    let (keys, issuer) = (&app.config.token_keys, app.config.issuer.as_str());
    let verified = keys.verify(token.expose(), issuer, app.now, Expiry::Ignored)?;
    Some(verified.session_id)
}

/// The origin of an attempt: network, device and, where an access token of this service came along,
/// the session that it was issued for. Its bearer may be the account's owner, who signs in again.
pub fn origin(app: &App, device: &DeviceInfo, token: Option<&Secret>) -> AttemptOrigin {
    let session = token.and_then(|token| former_session(app, token));
    app.client_info.origin(device.device_id.as_deref(), session)
}

/// The subject of a token, before storage has been asked.
pub enum TokenSubject {
    /// A session, by its `sid`.
    Session(SessionId),
    /// The user that the claims name (the compatibility flag `plain-bearer`).
    Plain(Map<String, Value>),
}

/// Checks a token's signature, purpose, issuer and time.
pub fn session_id(app: &App, token: &Secret) -> Result<TokenSubject, Error> {
    let (keys, issuer) = (&app.config.token_keys, app.config.issuer.as_str());
    if let Some(verified) = keys.verify(token.expose(), issuer, app.now, Expiry::Checked) {
        return Ok(TokenSubject::Session(verified.session_id));
    }
    let plain = app.config.compatibility.plain_bearer;
    plain
        .then(|| keys.verify_plain(token.expose(), issuer, app.now))
        .flatten()
        .map(TokenSubject::Plain)
        .ok_or_else(|| ErrorKind::Unauthenticated(Reason::BearerExpired).into())
}
