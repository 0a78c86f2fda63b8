//! Introspection (RFC 7662): what a token is good for right now, told to its client and to the resource
//! servers that it is for.

use serde_json::{Map, Value, json};

use super::client::Caller;
use crate::auth::data_key::Purpose;
use crate::auth::id::SessionId;
use crate::auth::jose::compact::CompactJws;
use crate::auth::oauth::failure::{Failure, OAuthError};
use crate::auth::oauth::tokens::refresh_purpose;
use crate::auth::secret::Secret;
use crate::auth::session::RefreshToken;
use crate::auth::token::is_good;
use crate::edge::app::App;
use crate::edge::outbound::web_crypto;
use crate::store::grants::{self, LiveGrant};
use crate::store::oauth_clients::RegisteredClient;
use crate::store::{oauth_clients, one_uses};

/// What a token says that is ours, before storage is asked.
enum Known {
    /// An access token, with its claims.
    Access(Map<String, Value>),
    /// A refresh token, and its purpose.
    Refresh(RefreshToken, Purpose),
}

/// The answer of §2.2; `{"active": false}` for whatever is not good, or not the caller's to know.
pub async fn introspect(app: &App, caller: &Caller, token: &Secret) -> Result<Value, OAuthError> {
    let inactive = json!({ "active": false });
    let known = read(app, token).await?;
    let session = known.as_ref().and_then(Known::session);
    let live = session.as_ref().map(|id| grants::live(id, app.now));
    let taken = caller.use_once.as_ref();
    let taken = taken.map(|used| one_uses::take(used, &caller.proof, app.now));
    let found = oauth_clients::by_client_id(&caller.proof.client_id);
    let (found, taken, grant) = app.db.run((found, taken, live)).await?;
    let client = caller.prove(app, found)?;
    if taken == Some(0) || client.registered().oauth.is_public() {
        return Err(Failure::invalid_client().into());
    }
    let told = match (known, grant.flatten()) {
        (Some(Known::Access(claims)), grant) => {
            access(&claims, grant.as_ref(), client.registered())
        }
        (Some(Known::Refresh(_, purpose)), Some(grant)) => {
            refresh(app, purpose, &grant, client.registered())
        }
        (Some(Known::Refresh(..)), None) | (None, _) => None,
    };
    Ok(told.unwrap_or(inactive))
}

impl Known {
    fn session(&self) -> Option<SessionId> {
        match self {
            Self::Access(claims) => {
                let session = claims.get("sid").and_then(Value::as_str);
                session.map(SessionId::new)
            }
            Self::Refresh(token, _) => Some(token.session_id.clone()),
        }
    }
}

async fn read(app: &App, token: &Secret) -> Result<Option<Known>, OAuthError> {
    for purpose in [Purpose::Grant, Purpose::StandingGrant] {
        let read = RefreshToken::read(&app.config.data_keys, purpose, token)?;
        if let Some(read) = read {
            return Ok(Some(Known::Refresh(read, purpose)));
        }
    }
    let (keys, issuer) = (&app.config.token_keys, app.config.issuer.as_str());
    let Some(read) = CompactJws::read(token.expose()) else {
        return Ok(None);
    };
    if keys.is_own(token.expose(), issuer, app.now) {
        return Ok(Some(Known::Access(read.claims)));
    }
    let Some(check) = keys.check(token.expose()) else {
        return Ok(None);
    };
    let signed = web_crypto::verify(check).await;
    let signed = signed
        .ok()
        .filter(|signed| is_good(&signed.0, issuer, app.now));
    Ok(signed.map(|signed| Known::Access(signed.0)))
}

/// An access token: to its client, and to a client whose id or resource it is for.
fn access(
    claims: &Map<String, Value>,
    grant: Option<&LiveGrant>,
    caller: &RegisteredClient,
) -> Option<Value> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let caller_id = caller.client.client_id.as_str();
    let audience = match claims.get("aud") {
        Some(Value::Array(several)) => several.iter().any(|one| one == caller_id),
        Some(one) => one == caller_id,
        None => false,
    };
    // A token without a session is a client's own, and lives until its end.
    let lives = text("sid").is_none() || grant.is_some();
    if !lives || !(text("client_id") == Some(caller_id) || audience) {
        return None;
    }
    let mut told = claims.clone();
    told.insert("active".to_owned(), json!(true));
    let bound = claims.contains_key("cnf");
    told.insert(
        "token_type".to_owned(),
        json!(if bound { "DPoP" } else { "Bearer" }),
    );
    if let Some(grant) = grant {
        told.insert("username".to_owned(), json!(grant.session.account.username));
    }
    Some(Value::Object(told))
}

/// A refresh token: to its client alone.
fn refresh(
    app: &App,
    purpose: Purpose,
    grant: &LiveGrant,
    caller: &RegisteredClient,
) -> Option<Value> {
    let own = grant.client.client.id == caller.client.id;
    if !own || purpose != refresh_purpose(&grant.client.oauth) {
        return None;
    }
    Some(json!({
        "active": true,
        "scope": grant.scope.to_string(),
        "client_id": caller.client.client_id,
        "sub": grant.session.account.id,
        "iss": app.config.issuer,
        "username": grant.session.account.username,
        "sid": grant.session.id,
    }))
}
