//! The token endpoint (RFC 6749 §3.2): codes, refresh tokens, device codes, and clients for themselves.

use super::client_credentials::for_client;
use super::issue::{Issue, IssuedTokens, issue};
use super::refresh::by_refresh_token;
use super::token_request::TokenRequest;
use crate::auth::id::AttemptId;
use crate::auth::oauth::client::GrantType;
use crate::auth::oauth::failure::{ErrorCode, Failure, OAuthError};
use crate::auth::pkce::Challenge;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, Subject};
use crate::store::device_polls::{self, DevicePoll};
use crate::store::grant_redemption::{self, GrantCodeState, GrantRedemption};

/// Answers a request by its grant type.
pub async fn exchange(app: &App, request: TokenRequest<'_>) -> Result<IssuedTokens, OAuthError> {
    let missing = "grant_type is missing";
    let name = request.form.required("grant_type", missing)?;
    match GrantType::from_name(name) {
        Some(GrantType::AuthorizationCode) => by_code(app, &request).await,
        Some(GrantType::RefreshToken) => by_refresh_token(app, &request).await,
        Some(GrantType::DeviceCode) => by_device_code(app, &request).await,
        Some(GrantType::ClientCredentials) => for_client(app, &request).await,
        None => {
            let why = "grant_type is not supported";
            Err(Failure::new(ErrorCode::UnsupportedGrantType, why).into())
        }
    }
}

/// A code (RFC 6749 §4.1.3), in one trip.
async fn by_code(app: &App, request: &TokenRequest<'_>) -> Result<IssuedTokens, OAuthError> {
    let code = request.form.required("code", "code is missing")?;
    let key = format!("grant:{}", Secret::new(code).digest());
    // A verifier that cannot be one answers no challenge, but the code is spent all the same.
    let challenge = request.form.secret("code_verifier").map(|verifier| {
        Challenge::of_verifier(&verifier).map_or_else(String::new, |it| it.as_str().to_owned())
    });
    let attempt = AttemptId::draw()?;
    let redemption = GrantRedemption {
        opening: request.opening(app, &key, &attempt),
        client: &request.caller.proof,
        challenge: challenge.as_deref(),
        redirect_uri: request.form.get("redirect_uri"),
    };
    let found = app
        .db
        .run(grant_redemption::redeem(&redemption, app.now))
        .await?;
    let client = request.caller.prove(app, found.client)?;
    request.check_key(&client.registered().oauth)?;
    let Some(grant) = found.grant else {
        let consumed = found.code.as_ref().is_some_and(|code| code.won);
        audit::record(app, not_redeemed(found.code));
        return Err(match consumed {
            true => Failure::invalid_grant().into(),
            false => request.caller.refusal(app).await,
        });
    };
    audit::record(app, Event::CodeRedeemed((&grant.session).into()));
    let nonce = found.code.and_then(|code| code.nonce);
    let ask = Issue {
        scope: grant.scope.clone(),
        nonce: nonce.as_deref(),
        ..request.ask(&grant, 0)?
    };
    Ok(issue(app, &grant, ask).await?)
}

fn not_redeemed(code: Option<GrantCodeState>) -> Event {
    let Some(code) = code else {
        return Event::CodeRejected(Subject::default());
    };
    let subject = Subject {
        user_id: Some(code.user_id),
        client: Some(code.client),
        session_id: Some(code.session_id),
        ..Subject::default()
    };
    match code.taken && !code.won {
        true => Event::CodeReplay(subject),
        false => Event::CodeRejected(subject),
    }
}

/// A device code (RFC 8628 §3.4), in one trip.
async fn by_device_code(app: &App, request: &TokenRequest<'_>) -> Result<IssuedTokens, OAuthError> {
    let code = request
        .form
        .required("device_code", "device_code is missing")?;
    let key = format!("device:{}", Secret::new(code).digest());
    let attempt = AttemptId::draw()?;
    let poll = DevicePoll {
        opening: request.opening(app, &key, &attempt),
        client: &request.caller.proof,
    };
    let found = app.db.run(device_polls::poll(&poll, app.now)).await?;
    let client = request.caller.prove(app, found.client)?;
    request.check_key(&client.registered().oauth)?;
    let state = found.state.ok_or(Failure::invalid_grant())?;
    state.judge(app.now)?;
    let grant = found.grant.ok_or(Failure::invalid_grant())?;
    audit::record(app, Event::CodeRedeemed((&grant.session).into()));
    let ask = Issue {
        scope: grant.scope.clone(),
        ..request.ask(&grant, 0)?
    };
    Ok(issue(app, &grant, ask).await?)
}
