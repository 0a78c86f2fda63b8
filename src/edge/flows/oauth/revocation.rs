//! Revocation (RFC 7009): a client gives a token up, and with it the session that it is of.

use super::client::Caller;
use crate::auth::data_key::Purpose;
use crate::auth::id::SessionId;
use crate::auth::oauth::failure::{Failure, OAuthError};
use crate::auth::secret::Secret;
use crate::auth::session::RefreshToken;
use crate::auth::token::verified;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event};
use crate::edge::outbound::web_crypto;
use crate::store::grant_refresh;
use crate::store::{oauth_clients, one_uses};

/// Ends the session of a token of the caller's own. Whatever else it is, the answer is the same (§2.2).
pub async fn revoke(app: &App, caller: &Caller, token: &Secret) -> Result<(), OAuthError> {
    let session = session(app, token).await?.unwrap_or_default();
    let taken = caller.use_once.as_ref();
    let taken = taken.map(|used| one_uses::take(used, &caller.proof, app.now));
    let found = oauth_clients::by_client_id(&caller.proof.client_id);
    let revoke = grant_refresh::revoke(&session, &caller.proof, app.now);
    let (found, taken, ended) = app.db.run((found, taken, revoke)).await?;
    caller.prove(app, found)?;
    if taken == Some(0) {
        return Err(Failure::invalid_client().into());
    }
    if let Some(ended) = ended {
        audit::record(app, Event::SignOut((&ended).into()));
    }
    Ok(())
}

/// The session that a token of ours is of, if it is one.
async fn session(app: &App, token: &Secret) -> Result<Option<SessionId>, OAuthError> {
    for purpose in [Purpose::Grant, Purpose::StandingGrant] {
        let read = RefreshToken::read(&app.config.data_keys, purpose, token)?;
        if let Some(read) = read {
            return Ok(Some(read.session_id));
        }
    }
    let (keys, issuer) = (&app.config.token_keys, app.config.issuer.as_str());
    if let Some(session) = keys.session_of(token.expose(), issuer) {
        return Ok(Some(session));
    }
    let Some(check) = keys.check(token.expose()) else {
        return Ok(None);
    };
    let signed = web_crypto::verify(check).await.ok();
    let verified = signed.and_then(|signed| verified(&signed.0, issuer));
    Ok(verified.map(|verified| verified.session_id))
}
