//! A refresh token becomes the next tokens of its grant (RFC 6749 §6).

use super::issue::{IssuedTokens, issue};
use super::token_request::TokenRequest;
use crate::auth::data_key::Purpose;
use crate::auth::id::SessionId;
use crate::auth::oauth::failure::{Failure, OAuthError};
use crate::auth::session::{Refresh, RefreshToken};
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, SessionRef};
use crate::store::grant_refresh::{self, GrantRefresh, RefreshedGrant};
use crate::store::grants::LiveGrant;
use crate::store::refresh_tokens::RefreshAttempt;

/// A refresh token, in one trip.
pub(super) async fn by_refresh_token(
    app: &App,
    request: &TokenRequest<'_>,
) -> Result<IssuedTokens, OAuthError> {
    let token = request.form.secret("refresh_token");
    let token = token.ok_or(Failure::invalid_request("refresh_token is missing"))?;
    let keys = &app.config.data_keys;
    let standing = RefreshToken::read(keys, Purpose::StandingGrant, &token)?;
    let rotating = RefreshToken::read(keys, Purpose::Grant, &token)?;
    let rotates = rotating.is_some();
    // Whoever asks is authenticated, also where the token is none of ours.
    let token = standing.or(rotating).unwrap_or_else(|| RefreshToken {
        session_id: SessionId::default(),
        n: 0,
    });
    let ask = GrantRefresh {
        attempt: RefreshAttempt {
            session_id: &token.session_id,
            n: token.n,
            device: None,
            window: app.config.refresh_retry_window,
        },
        client: &request.caller.proof,
        jkt: request.jkt(),
        uses: request.uses(),
    };
    let found = match rotates {
        true => app.db.run(grant_refresh::rotate(&ask, app.now)).await?,
        false => app.db.run(grant_refresh::renew(&ask, app.now)).await?,
    };
    let client = request.caller.prove(app, found.client.clone())?;
    request.check_key(&client.registered().oauth)?;
    let Some(grant) = refreshed(app, &ask, found, rotates) else {
        return Err(request.caller.refusal(app).await);
    };
    let next = if rotates {
        token.n.saturating_add(1)
    } else {
        0
    };
    let ask = request.ask(&grant, next)?;
    Ok(issue(app, &grant, ask).await?)
}

/// The grant of a good refresh. A theft has ended it.
fn refreshed(
    app: &App,
    ask: &GrantRefresh<'_>,
    found: RefreshedGrant,
    rotates: bool,
) -> Option<LiveGrant> {
    if !rotates {
        return found.grant.filter(|_| found.moved);
    }
    let (before, owner) = found.before?;
    let attempt = &ask.attempt;
    let verdict = Refresh::judge(&before, attempt.n, None, app.now, attempt.window);
    if verdict == Refresh::Theft && found.grant.is_none() {
        let session = SessionRef {
            id: attempt.session_id.clone(),
            user_id: owner.user_id,
            client: owner.client,
        };
        audit::record(app, Event::RefreshTheft(session));
    }
    let grant = found.grant?;
    let same_key = grant.jkt.is_none() || grant.jkt.as_deref() == ask.jkt;
    match verdict {
        Refresh::Rotation => found.moved.then_some(grant),
        Refresh::Retry => same_key.then_some(grant),
        Refresh::Theft | Refresh::OtherDevice | Refresh::Over => None,
    }
}
