//! Codes of the authorization endpoint, and the consent that is given with them.

use super::pushed;
use crate::auth::browser::LiveBrowser;
use crate::auth::id::{AttemptId, SessionId};
use crate::auth::oauth::authorization::decision::GivenConsent;
use crate::auth::oauth::authorization::request::AuthorizationRequest;
use crate::auth::oauth::authorization::response::AuthorizationResponse;
use crate::auth::oauth::failure::{ErrorCode, Failure, OAuthError};
use crate::auth::oauth::parameters::Parameters;
use crate::auth::secret::{digest, random_secret};
use crate::edge::app::App;
use crate::store::grant_codes::{self, NewGrantCode};
use crate::store::oauth_clients::RegisteredClient;

/// Makes the code, once for each pushed request (RFC 6749 §4.1.2).
pub(super) async fn grant(
    app: &App,
    outer: &Parameters,
    client: &RegisteredClient,
    before: Option<&GivenConsent>,
    browser: &LiveBrowser,
    request: AuthorizationRequest,
    consents: bool,
) -> Result<AuthorizationResponse, OAuthError> {
    let code = random_secret()?;
    let pushed = outer.get("request_uri").and_then(pushed::key);
    let consent = consents.then(|| given(&request, before));
    let new = NewGrantCode {
        key: &format!("grant:{}", digest(code.expose())),
        browser: &browser.id,
        user_id: &browser.account.id,
        client: client.client.id,
        client_id: &client.client.client_id,
        source: client.oauth.source,
        session_id: &SessionId::draw()?,
        request: &request,
        consent: consent.as_ref(),
        pushed: pushed.as_deref(),
        attempt: &AttemptId::draw()?,
        expires_on: app.now + client.oauth.code_lifetime(&client.client),
    };
    if !app.db.run(grant_codes::insert(&new, app.now)).await? {
        let why = "the user has just signed out, or the request is used up";
        return Err(Failure::new(ErrorCode::LoginRequired, why).into());
    }
    let issuer = app.config.oauth.issuer();
    Ok(request.target.code(&code, issuer))
}

/// What is consented to from now on: this request, besides what was before.
fn given(request: &AuthorizationRequest, before: Option<&GivenConsent>) -> GivenConsent {
    let mut consent = before.cloned().unwrap_or(GivenConsent {
        scope: request.consent_scope(),
        audience: Vec::new(),
    });
    consent.scope = consent.scope.with(&request.consent_scope());
    for one in &request.audience {
        if !consent.audience.contains(one) {
            consent.audience.push(one.clone());
        }
    }
    consent
}
