//! A user lets a device in, or does not (RFC 8628 §3.3).

use crate::auth::attempts::CounterKeys;
use crate::auth::browser::LiveBrowser;
use crate::auth::id::AttemptId;
use crate::auth::oauth::user_code::UserCode;
use crate::edge::app::App;
use crate::error::Error;
use crate::store::attempts::{self, LoginAttempt};
use crate::store::branding::{self, BrandedClient};
use crate::store::device_codes::{self, DeviceDecision, WaitingDevice};

/// The device that waits for a code that somebody has typed. A code that no device has counts as a
/// failed guess of its user at its network (§5.1). A good one clears nothing, since anybody can have one
/// made.
pub async fn look(
    app: &App,
    typed: &str,
    browser: &LiveBrowser,
) -> Result<Option<(WaitingDevice, BrandedClient)>, Error> {
    let Some(code) = UserCode::parse(typed) else {
        return Ok(None);
    };
    // No canonical name begins with spaces, so these are counters of nobody's password.
    let name = format!("  device {}", browser.account.id);
    let origin = app.client_info.origin(None, None);
    let attempt = AttemptId::draw()?;
    let guess = LoginAttempt {
        name: &name,
        keys: &CounterKeys::of(&app.config.data_keys, &name, &origin)?,
        attempt: &attempt,
        // Every attempt is another.
        tag: attempt.as_str(),
        client: None,
        limits: app.config.attempts,
    };
    let look = device_codes::look(&code.digest(), &browser.id, app.now);
    let (verdict, device) = app.db.run((attempts::count(&guess, app.now), look)).await?;
    verdict.allow(app.now)?;
    let Some(device) = device else {
        return Ok(None);
    };
    let found = (
        branding::by_number(device.client),
        attempts::take_back(&guess),
    );
    let (client, ()) = app.db.run(found).await?;
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
