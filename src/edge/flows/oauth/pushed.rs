//! Pushed authorization requests (RFC 9126).

use serde_json::{Value, json};

use super::client::Caller;
use crate::auth::oauth::authorization::request::{AuthorizationRequest, RequestContext};
use crate::auth::oauth::authorization::response::ResponseTarget;
use crate::auth::oauth::dpop::ProvenKey;
use crate::auth::oauth::failure::{Failure, OAuthError};
use crate::auth::oauth::parameters::Parameters;
use crate::auth::secret::{Secret, random_secret};
use crate::auth::time::Seconds;
use crate::edge::app::App;
use crate::edge::rate_limit::{self, RateLimit};
use crate::store::oauth_clients::RegisteredClient;
use crate::store::pushed_requests::{self, NewPushedRequest};

/// What a `request_uri` of ours begins with (§2.2).
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";
/// How long a request may wait for its browser.
const LIFETIME: Seconds = Seconds::new(90);
/// The largest request that is kept, in bytes.
const LARGEST: usize = 16_384;
/// What authenticates the client, and is no part of its request.
const CREDENTIALS: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

/// A request that is kept.
pub struct PushedRequest {
    /// Where the authorization endpoint finds it.
    pub request_uri: String,
    /// How long.
    pub expires_in: Seconds,
}

/// The key of the row that a `request_uri` names; nothing if it is none of ours.
pub fn key(request_uri: &str) -> Option<String> {
    let secret = request_uri.strip_prefix(PREFIX)?;
    Some(format!("par:{}", Secret::new(secret).digest()))
}

/// Checks a request as the authorization endpoint would, and keeps it. Anybody can be a public client, so its
/// network is slowed down.
pub async fn push(
    app: &App,
    caller: &Caller,
    form: &Parameters,
    proven: Option<&ProvenKey>,
) -> Result<PushedRequest, OAuthError> {
    let settings = app.config.oauth.on()?;
    if form.get("request_uri").is_some() {
        return Err(Failure::invalid_request("request_uri cannot be pushed").into());
    }
    let client = caller.authenticate(app).await?;
    let client = client.registered();
    if client.oauth.is_public() {
        rate_limit::check(app, RateLimit::SignIn).await?;
    }
    let target = ResponseTarget::read(form, &client.oauth)?;
    let context = RequestContext {
        of_resources: &settings.scopes,
        own: settings.own_audiences(),
        pushed: true,
    };
    let request = AuthorizationRequest::read(target, form, &client.oauth, context)?;
    let key = proven.map(|key| key.thumbprint.as_str());
    let (asked, key) = (request.dpop_jkt.as_deref(), key);
    if asked.is_some() && key.is_some() && asked != key {
        return Err(Failure::invalid_request("dpop_jkt is not that of the DPoP proof").into());
    }
    keep(app, client, &payload(form, key)).await
}

/// Keeps the parameters for the browser that brings their address.
async fn keep(
    app: &App,
    client: &RegisteredClient,
    payload: &str,
) -> Result<PushedRequest, OAuthError> {
    if payload.len() > LARGEST {
        return Err(Failure::invalid_request("the request is too long").into());
    }
    let secret = random_secret()?;
    let row = NewPushedRequest {
        key: &format!("par:{}", secret.digest()),
        client: client.client.id,
        client_id: &client.client.client_id,
        payload,
        expires_on: app.now + LIFETIME,
    };
    app.db.run(pushed_requests::insert(&row, app.now)).await?;
    Ok(PushedRequest {
        request_uri: format!("{PREFIX}{}", secret.expose()),
        expires_in: LIFETIME,
    })
}

/// The parameters as pairs; a proven key is as good as `dpop_jkt` (RFC 9449 §10.1).
fn payload(form: &Parameters, key: Option<&str>) -> String {
    let pairs = form.pairs().iter();
    let pairs = pairs.filter(|(name, _)| !CREDENTIALS.contains(&name.as_str()));
    let mut pairs: Vec<Value> = pairs.map(|(name, value)| json!([name, value])).collect();
    if let Some(key) = key.filter(|_| form.get("dpop_jkt").is_none()) {
        pairs.push(json!(["dpop_jkt", key]));
    }
    Value::Array(pairs).to_string()
}
