//! Authorization codes: hand out, redeem.

use futures_util::future::try_join;

use super::audit::{self, Event, Subject};
use super::credentials::{AuthenticatedClient, AuthenticatedUser};
use super::notifications;
use super::sessions::{TokenPair, issue, sealed_provider_token};
use super::waiting;
use crate::auth::id::{AttemptId, ClientId, ClientNumber, SessionId};
use crate::auth::one_time::{self, AuthCode};
use crate::auth::pkce::Challenge;
use crate::auth::secret::{Secret, random_secret};
use crate::auth::session::device_digest;
use crate::auth::token::DeviceInfo;
use crate::edge::app::App;
use crate::error::{Error, ErrorKind, Reason, SecondFactor};
use crate::store::codes::{self, CodeState, Redemption};
use crate::store::new_codes::{self, Issued, NewCode};
use crate::store::sessions::LiveSession;

/// What a sign-in gets.
pub struct IssuedCode {
    /// The code; while the sign-in waits for its second factor it cannot be redeemed.
    pub code: Secret,
    /// What the sign-in waits for.
    pub waits_for: Option<SecondFactor>,
}

/// Issues a code for an authenticated user (RFC 6749 §4.1.2).
pub async fn new_code(
    app: &App,
    calling: &AuthenticatedClient,
    person: &AuthenticatedUser,
    challenge: Option<&Challenge>,
) -> Result<IssuedCode, Error> {
    let client = calling.client();
    client.check_challenge(challenge)?;
    let code = random_secret()?;
    let key = one_time::key::<AuthCode>(&code);
    let lifetime = client.code_lifetime();
    let session_id = SessionId::draw()?;
    let record = AuthCode {
        provider_token: sealed_provider_token(app, person, &session_id)?,
    };
    // The row has what the session keeps, so that a redemption does not wait for KV.
    let row = NewCode {
        key: &key,
        user_id: &person.account().id,
        client: client.id,
        session_id: &session_id,
        client_secret_digest: &client.secret_digest,
        challenge: challenge.map(Challenge::as_str),
        method: person.proof().method(),
        assurance: &person.assurance(app.now),
        place: &app.client_info.place(),
        factor: person.proof().factor(),
        browser: person.proof().browser(),
        provider_session: person.proof().provider_session(),
        provider_token: record.provider_token.as_deref(),
        password: person.password_precondition(),
        expires_on: app.now + lifetime,
    };
    let (issued, ()) = try_join(
        app.db
            .run(new_codes::insert(&row, person.effects(app.now)?, app.now)),
        app.kv.put(&key, &record, lifetime),
    )
    .await?;
    let session_id = issued.as_ref().map(|_| &session_id);
    issued_code(app, person, (client.id, session_id), code, issued)
}

/// The code; or what the sign-in waits for, under the same secret.
fn issued_code(
    app: &App,
    person: &AuthenticatedUser,
    (client, session_id): (ClientNumber, Option<&SessionId>),
    code: Secret,
    issued: Option<Issued>,
) -> Result<IssuedCode, Error> {
    let waits_for = match issued {
        Some(issued) if issued.is_waiting => {
            waiting::note(app, person, Some(client));
            Some(waiting::second_factor(&code, &issued))
        }
        issued => {
            audit::record(app, person.sign_in(client, session_id));
            issued.ok_or(ErrorKind::Unauthenticated(Reason::InvalidCredentials))?;
            notifications::new_device(app, person, false);
            None
        }
    };
    Ok(IssuedCode { code, waits_for })
}

/// A code as a client brings it back.
pub struct CodeExchange<'a> {
    /// The code.
    pub code: &'a Secret,
    /// The client's public name.
    pub client_id: &'a ClientId,
    /// PKCE verifier.
    pub verifier: Option<&'a Secret>,
    /// What brings it.
    pub device: DeviceInfo,
}

/// Redeems a code for tokens, once (RFC 6749 §4.1.3, RFC 7636 §4.6).
pub async fn exchange_code(app: &App, exchange: CodeExchange<'_>) -> Result<TokenPair, Error> {
    let session = redeem(app, &exchange).await?;
    issue(app, &session, 0, exchange.device)
}

/// Redeems a code for a session.
async fn redeem(app: &App, exchange: &CodeExchange<'_>) -> Result<LiveSession, Error> {
    let digest = exchange.device.device_id.as_deref().map(device_digest);
    // A verifier that cannot be one answers no challenge, but the code is spent all the same.
    let challenge = exchange.verifier.map(|verifier| {
        Challenge::of_verifier(verifier).map_or_else(String::new, |it| it.as_str().to_owned())
    });
    let key = one_time::key::<AuthCode>(exchange.code);
    let redemption = Redemption {
        key: &key,
        attempt: &AttemptId::draw()?,
        client_id: exchange.client_id,
        challenge: challenge.as_deref(),
        device: digest.as_deref(),
        session_expires_on: app.now + app.config.session_max_age,
    };
    let redeemed = app.db.run(codes::redeem(&redemption, app.now)).await?;
    redeemed_session(app, redeemed)
}

/// The session that a redemption has opened, or why there is none; recorded.
pub(super) fn redeemed_session(
    app: &App,
    (state, session): (CodeState, Option<LiveSession>),
) -> Result<LiveSession, Error> {
    let Some(session) = session else {
        let refusal = why_not_redeemed(&state);
        audit::record(app, not_redeemed(state));
        return Err(ErrorKind::Rejected(refusal).into());
    };
    audit::record(app, Event::CodeRedeemed((&session).into()));
    Ok(session)
}

fn not_redeemed(state: CodeState) -> Event {
    let replayed = state.taken && !state.won;
    let subject = Subject {
        user_id: state.user_id,
        client: state.client,
        session_id: state.session_id,
        ..Subject::default()
    };
    if replayed {
        Event::CodeReplay(subject)
    } else {
        Event::CodeRejected(subject)
    }
}

const fn why_not_redeemed(state: &CodeState) -> Reason {
    let (won, usable) = (state.won, state.good_client && !state.voided);
    if !state.known_client {
        Reason::ClientInvalid
    } else if state.waits && usable && !state.taken && !state.expired {
        Reason::SecondFactorMissing
    } else if !won && usable && (state.taken || state.expired) {
        Reason::CodeExpired
    } else {
        Reason::InvalidCredentials
    }
}
