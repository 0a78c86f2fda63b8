//! A user lets a device in, or does not (RFC 8628 §3.3).

use crate::auth::browser::LiveBrowser;
use crate::auth::oauth::user_code::UserCode;
use crate::edge::app::App;
use crate::error::Error;
use crate::store::branding::{self, BrandedClient};
use crate::store::device_codes::{self, DeviceDecision, WaitingDevice};

/// The device that waits for a code that somebody has typed.
pub async fn look(
    app: &App,
    typed: &str,
    browser: &LiveBrowser,
) -> Result<Option<(WaitingDevice, BrandedClient)>, Error> {
    let Some(code) = UserCode::parse(typed) else {
        return Ok(None);
    };
    let look = device_codes::look(&code.digest(), &browser.id, app.now);
    let Some(device) = app.db.run(look).await? else {
        return Ok(None);
    };
    let client = app.db.run(branding::by_number(device.client)).await?;
    Ok(client.map(|client| (device, client)))
}

/// Decides for the user of a browser; whether the device was still waiting.
pub async fn decide(
    app: &App,
    device: &WaitingDevice,
    browser: &LiveBrowser,
    allows: bool,
) -> Result<bool, Error> {
    let decision = DeviceDecision {
        key: &device.key,
        browser: &browser.id,
        user_id: &browser.account.id,
    };
    match allows {
        true => app.db.run(device_codes::approve(&decision, app.now)).await,
        false => app.db.run(device_codes::deny(&decision, app.now)).await,
    }
}
