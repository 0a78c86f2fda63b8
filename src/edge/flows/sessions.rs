//! Codes and sessions: hand out, redeem, open, refresh, end.

use futures_util::future::{join, try_join};

use super::audit::{self, Event};
use super::credentials::{self, CallingClient, SignedIn, TokenSubject};
use crate::auth::data_key::Purpose;
use crate::auth::one_time::{self, AuthCode};
use crate::auth::pkce::Challenge;
use crate::auth::secret::{Secret, random_id, random_secret};
use crate::auth::session::{Refresh, RefreshToken, device_digest};
use crate::auth::token::{AccessClaims, ClaimContext, DeviceInfo, Expiry};
use crate::edge::app::App;
use crate::edge::store::codes::{self, CodeState, NewCode, Redemption};
use crate::edge::store::refreshes::{self, RefreshAttempt};
use crate::edge::store::sessions::{self, LiveSession, NewSession};
use crate::error::{Error, Why};

/// An access token, and the refresh token that gets the next one.
pub struct TokenPair {
    /// A JWT.
    pub access_token: String,
    /// Opaque.
    pub refresh_token: String,
    /// Epoch milliseconds at which the access token ends.
    pub expires: i64,
}

/// Hands out a code for a person who has just signed in (RFC 6749 §4.1.2).
pub async fn new_code(
    app: &App,
    calling: &CallingClient,
    person: &SignedIn,
    challenge: Option<&Challenge>,
) -> Result<Secret, Error> {
    let code = random_secret()?;
    let key = one_time::key::<AuthCode>(&code);
    let client = calling.client();
    let lifetime = client.code_lifetime();
    let session_id = random_id()?;
    let row = NewCode {
        key: &key,
        user_id: &person.account().id,
        client: client.id,
        session_id: &session_id,
        client_secret_digest: &client.secret_digest,
        challenge: challenge.map(Challenge::as_str),
        method: person.proof().method(),
        unchanged: person.unchanged(),
        expires_on: app.now + lifetime.saturating_mul(1000),
    };
    let record = AuthCode {
        proven_on: app.now,
        provider_token: sealed_provider_token(app, person, &session_id)?,
    };
    let (made, ()) = try_join(
        codes::insert(&app.db, &row, person.settle(app.now)?, app.now),
        app.kv.put(&key, &record, lifetime),
    )
    .await?;
    made.then_some(code)
        .ok_or(Error::Strategy(Why::InvalidCredentials))
}

/// Opens a session at once (the mobile apps' way).
pub async fn open(
    app: &App,
    calling: &CallingClient,
    person: &SignedIn,
    device: DeviceInfo,
) -> Result<TokenPair, Error> {
    let session = insert(app, calling, person, &device, None).await?;
    issue(app, &session, 0, device)
}

/// Opens a session, in place of another if one is named.
pub(super) async fn insert(
    app: &App,
    calling: &CallingClient,
    person: &SignedIn,
    device: &DeviceInfo,
    replaces: Option<&str>,
) -> Result<LiveSession, Error> {
    let digest = device.device_id.as_deref().map(device_digest);
    let new = NewSession {
        id: &random_id()?,
        user_id: &person.account().id,
        client: calling.client().id,
        device: digest.as_deref(),
        method: person.proof().method(),
        unchanged: person.unchanged(),
        expires_on: app.now + app.config.session_max_age,
        replaces,
    };
    let session = sessions::open(&app.db, &new, person.settle(app.now)?, app.now)
        .await?
        .ok_or(Error::Strategy(Why::InvalidCredentials))?;
    if let Some(token) = sealed_provider_token(app, person, &session.id)? {
        sessions::keep_provider_token(&app.db, &session.id, &token).await?;
    }
    Ok(session)
}

/// The provider's refresh token as it is stored, bound to the session it goes with.
fn sealed_provider_token(
    app: &App,
    person: &SignedIn,
    session_id: &str,
) -> Result<Option<String>, Error> {
    let seal = |token: &Secret| {
        let keys = &app.config.data_keys;
        keys.seal(Purpose::ProviderToken, session_id, token.expose())
    };
    person.proof().provider_token().map(seal).transpose()
}

/// A code as a client brings it back.
pub struct CodeExchange<'a> {
    /// The code.
    pub code: &'a Secret,
    /// The client's public name.
    pub client_id: &'a str,
    /// PKCE verifier.
    pub verifier: Option<&'a Secret>,
    /// What brings it.
    pub device: DeviceInfo,
}

/// Redeems a code for a session, once (RFC 6749 §4.1.3, RFC 7636 §4.6).
pub async fn exchange_code(app: &App, exchange: CodeExchange<'_>) -> Result<TokenPair, Error> {
    let digest = exchange.device.device_id.as_deref().map(device_digest);
    // A verifier that cannot be one answers no challenge, but the code is spent all the same.
    let challenge = exchange.verifier.map(|verifier| {
        Challenge::of_verifier(verifier).map_or_else(String::new, |it| it.as_str().to_owned())
    });
    let key = one_time::key::<AuthCode>(exchange.code);
    let redemption = Redemption {
        key: &key,
        attempt: &random_id()?,
        client_id: exchange.client_id,
        challenge: challenge.as_deref(),
        device: digest.as_deref(),
        session_expires_on: app.now + app.config.session_max_age,
    };
    let (redeemed, remembered) = join(
        codes::redeem(&app.db, &redemption, app.now),
        app.kv.get::<AuthCode>(&key),
    )
    .await;
    let (state, session) = redeemed?;
    let Some(session) = session else {
        let why = why_not_redeemed(&state);
        let result = if state.taken == 1 && state.won == 0 {
            "replay"
        } else {
            "failed"
        };
        audit::record(
            app,
            Event {
                kind: "code",
                result,
                ..Event::default()
            },
        );
        return Err(Error::Refused(why));
    };
    audit::record(app, event("code", "ok", &session));
    // A place that does not know the record yet costs the sign-out at the provider, nothing else.
    let provider_token = remembered.ok().flatten().and_then(|it| it.provider_token);
    if let Some(token) = provider_token {
        sessions::keep_provider_token(&app.db, &session.id, &token).await?;
    }
    issue(app, &session, 0, exchange.device)
}

const fn why_not_redeemed(state: &CodeState) -> Why {
    let (won, usable) = (state.won == 1, state.good_client == 1 && state.voided == 0);
    if state.known_client == 0 {
        Why::ClientInvalid
    } else if !won && usable && (state.taken == 1 || state.expired == 1) {
        Why::CodeExpired
    } else {
        Why::InvalidCredentials
    }
}

/// Moves a session on: the next refresh token and a fresh access token (RFC 9700 §4.14).
pub async fn refresh(
    app: &App,
    refresh_token: &Secret,
    access_token: Result<Secret, Error>,
    device: DeviceInfo,
) -> Result<TokenPair, Error> {
    let token = RefreshToken::read(&app.config.data_keys, Purpose::Refresh, refresh_token)?
        .ok_or(Error::Refused(Why::TokenExpired))?;
    let keys = &app.config.token_keys;
    let same_session = access_token
        .ok()
        .and_then(|access| {
            keys.verify(
                access.expose(),
                &app.config.issuer,
                app.now,
                Expiry::Ignored,
            )
        })
        .is_some_and(|claims| claims.sid == token.session_id);
    if !same_session {
        return Err(Error::Refused(Why::TokenInvalid));
    }
    let digest = device.device_id.as_deref().map(device_digest);
    let ask = RefreshAttempt {
        session_id: &token.session_id,
        n: token.n,
        device: digest.as_deref(),
        window: app.config.refresh_retry_window,
    };
    let done = refreshes::refresh(&app.db, &ask, app.now).await?;
    let before = done.before.ok_or(Error::Refused(Why::TokenExpired))?;
    let verdict = Refresh::judge(&before, ask.n, ask.device, app.now, ask.window);
    if verdict == Refresh::Theft {
        let session_id = Some(token.session_id.clone());
        audit::record(
            app,
            Event {
                kind: "refresh",
                result: "theft",
                session_id,
                ..Event::default()
            },
        );
    }
    verdict.allow()?;
    if done.rotated != (verdict == Refresh::Rotation) {
        return Err(Error::Internal(
            "the row and the rule of a refresh disagree".to_owned(),
        ));
    }
    let session = done.session.ok_or(Error::Refused(Why::TokenExpired))?;
    issue(app, &session, token.n.saturating_add(1), device)
}

/// Reads a refresh token that must be of the bearer's own session, whatever its number.
pub fn own_refresh_token(app: &App, session_id: &str, token: &Secret) -> Result<(), Error> {
    if token.is_empty() {
        return Err(Error::Refused(Why::TokenMissing));
    }
    let token = RefreshToken::read(&app.config.data_keys, Purpose::Refresh, token)?
        .ok_or(Error::Refused(Why::TokenExpired))?;
    if token.session_id == session_id {
        Ok(())
    } else {
        Err(Error::Refused(Why::TokenInvalid))
    }
}

/// Ends the bearer's session; gives the user it was of.
///
/// What is wrong with the refresh token is only told to a bearer whose session still lives.
pub async fn sign_out(app: &App, token: &Secret, refresh_token: &Secret) -> Result<String, Error> {
    let TokenSubject::Session(id) = credentials::session_id(app, token)? else {
        return Err(Error::Refused(Why::TokenInvalid));
    };
    if let Err(refusal) = own_refresh_token(app, &id, refresh_token) {
        credentials::bearer(app, token).await?;
        return Err(refusal);
    }
    let user_id = sessions::end(&app.db, &id, "signed out", app.now)
        .await?
        .ok_or(Error::Strategy(Why::TokenRevoked))?;
    let event = Event {
        kind: "sign-out",
        result: "ok",
        user_id: Some(user_id.clone()),
        session_id: Some(id),
        client: None,
    };
    audit::record(app, event);
    Ok(user_id)
}

/// Something that happened to a session.
pub fn event(kind: &'static str, result: &'static str, session: &LiveSession) -> Event {
    Event {
        kind,
        result,
        user_id: Some(session.account.id.clone()),
        client: Some(session.client.id),
        session_id: Some(session.id.clone()),
    }
}

fn issue(
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
        access_token: access_token(app, session, device_info)?,
        refresh_token: refresh_token.issue(&app.config.data_keys, Purpose::Refresh)?,
        expires: app.now + lifetime.saturating_mul(1000),
    })
}

/// Signs an access token of a session; it lives as long as the client's do.
pub(super) fn access_token(
    app: &App,
    session: &LiveSession,
    device_info: DeviceInfo,
) -> Result<String, Error> {
    let context = ClaimContext {
        session_id: &session.id,
        jti: random_id()?,
        issuer: &app.config.issuer,
        locale: &app.config.locale,
        device_info,
    };
    let claims = AccessClaims::new(&session.account, &session.client, context);
    let lifetime = session.client.access_token_expiration;
    app.config.token_keys.sign(claims, app.now, lifetime)
}
