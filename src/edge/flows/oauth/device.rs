//! The device authorization endpoint (RFC 8628 §3.1).

use super::client::Caller;
use crate::auth::id::SessionId;
use crate::auth::oauth::client::GrantType;
use crate::auth::oauth::device::{DeviceRequest, INTERVAL, LIFETIME};
use crate::auth::oauth::discovery::paths;
use crate::auth::oauth::failure::{ErrorCode, Failure, OAuthError};
use crate::auth::oauth::parameters::Parameters;
use crate::auth::oauth::resource;
use crate::auth::oauth::scope::Scope;
use crate::auth::oauth::user_code::UserCode;
use crate::auth::secret::{Secret, random_secret};
use crate::auth::time::Seconds;
use crate::edge::app::App;
use crate::store::device_codes::{self, NewDeviceCode};

/// What a device gets (§3.2).
pub struct DeviceAuthorization {
    /// What it asks with.
    pub device_code: Secret,
    /// What its user types.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// How long.
    pub expires_in: Seconds,
    /// How long it waits between two questions.
    pub interval: Seconds,
}

/// Lets a device wait for its user.
pub async fn authorize(
    app: &App,
    caller: &Caller,
    form: &Parameters,
) -> Result<DeviceAuthorization, OAuthError> {
    let settings = app.config.oauth.on()?;
    let client = caller.authenticate(app).await?;
    let client = client.registered();
    if !client.oauth.may_use(GrantType::DeviceCode) {
        let why = "the client may not use device_code";
        return Err(Failure::new(ErrorCode::UnauthorizedClient, why).into());
    }
    let scope = Scope::parse(form.get("scope").unwrap_or_default())?;
    let first_party = client.oauth.is_first_party();
    let own = settings.own_audiences();
    let request = DeviceRequest {
        scope: scope.granted(client.oauth.grantable(&settings.scopes)),
        audience: resource::audience(form.all("resource"), own, first_party)?,
    };
    let (device_code, user_code) = (random_secret()?, UserCode::draw()?);
    let new = NewDeviceCode {
        key: &format!("device:{}", device_code.digest()),
        user_code: &user_code.digest(),
        client: client.client.id,
        session_id: &SessionId::draw()?,
        request: &request,
        interval: INTERVAL,
        expires_on: app.now + LIFETIME,
    };
    app.db.run(device_codes::insert(&new, app.now)).await?;
    Ok(DeviceAuthorization {
        device_code,
        user_code: user_code.shown(),
        verification_uri: settings.address(paths::VERIFICATION),
        expires_in: LIFETIME,
        interval: INTERVAL,
    })
}
