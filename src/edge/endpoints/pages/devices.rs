//! Where the user is signed in.

use super::visit::Visit;
use crate::auth::browser::LiveBrowser;
use crate::auth::time::Timestamp;
use crate::edge::app::App;
use crate::edge::flows::own_sessions::{Elsewhere, sign_out_elsewhere};
use crate::store::own_sessions::{self, BrowserRow, SessionRow};
use crate::store::trusted_devices::{self, TrustedDevice};
use crate::wire::incoming::Incoming;
use crate::wire::pages::account_lists::{DevicesPage, SignedIn};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::{Page, PageClass, device, moment, see_other};
use crate::wire::reply::Reply;
use crate::wire::texts::{Sessions, Texts};

const HERE: &str = "/account/devices";

/// `GET /account/devices`.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let browser = visit.own().await?;
    let user_id = &browser.account.id;
    let reads = (
        own_sessions::browsers(user_id, app.now),
        own_sessions::sessions(user_id, app.now),
        trusted_devices::of_user(user_id, app.now),
    );
    let (browsers, sessions, trusted) = app.db.run(reads).await?;
    let texts = &visit.texts().sessions;
    let is_other = |session: &SessionRow| session.browser.as_ref() != Some(&browser.id);
    let page = DevicesPage {
        frame: visit.frame(),
        shell: visit.shell()?,
        texts,
        token: visit.token(HERE)?,
        factor_texts: &visit.texts().factors,
        trusted: trusted
            .iter()
            .map(|row| of_trusted(visit.texts(), row))
            .collect(),
        has_others: browsers.len() > 1 || sessions.iter().any(is_other),
        browsers: browsers
            .iter()
            .map(|row| of_browser(texts, row, &browser))
            .collect(),
        apps: sessions.iter().map(|row| of_session(texts, row)).collect(),
    };
    let reply = page.reply(200, PageClass::Own)?;
    Ok(visit.answer(reply))
}

/// `POST /account/devices`: ends one, or all others.
pub async fn end(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let fields = visit.form(HERE)?;
    let browser = visit.own().await?;
    let (what, notice) = if fields.has("others") {
        (Elsewhere::Others, "others-ended")
    } else if fields.has("browser") {
        (Elsewhere::Browser(fields.text("browser")), "ended")
    } else if fields.has("trusted") {
        (Elsewhere::Trusted(fields.text("trusted")), "ended")
    } else {
        (Elsewhere::Session(fields.text("session")), "ended")
    };
    sign_out_elsewhere(app, &browser, &what).await?;
    Ok(visit.answer(see_other(format!("{HERE}?notice={notice}"))))
}

fn of_browser(texts: &Sessions, row: &BrowserRow, this: &LiveBrowser) -> SignedIn {
    let name = device::name(row.user_agent.as_deref());
    let name = name.unwrap_or_else(|| texts.unknown_device.to_owned());
    SignedIn {
        id: row.id.as_str().to_owned(),
        name,
        detail: detail(
            texts,
            None,
            row.country.as_deref(),
            row.created_on,
            row.last_used_on,
        ),
        is_this: row.id == this.id,
    }
}

fn of_session(texts: &Sessions, row: &SessionRow) -> SignedIn {
    let device = device::name(row.user_agent.as_deref());
    let country = row.country.as_deref();
    SignedIn {
        id: row.id.as_str().to_owned(),
        name: row.client.clone(),
        detail: detail(texts, device, country, row.created_on, row.last_used_on),
        is_this: false,
    }
}

fn of_trusted(all: &Texts, row: &TrustedDevice) -> SignedIn {
    let texts = &all.sessions;
    let name = device::name(row.user_agent.as_deref());
    let until = (all.factors.trusted_until)(&moment::day(row.expires_on));
    let country = row.country.as_deref();
    SignedIn {
        id: row.id.clone(),
        name: name.unwrap_or_else(|| texts.unknown_device.to_owned()),
        detail: detail(
            texts,
            Some(until),
            country,
            row.created_on,
            row.last_used_on,
        ),
        is_this: false,
    }
}

fn detail(
    texts: &Sessions,
    device: Option<String>,
    country: Option<&str>,
    since: Timestamp,
    used: Timestamp,
) -> String {
    let since = (texts.since)(&moment::minute(since));
    let used = (texts.used)(&moment::minute(used));
    let parts = [device, country.map(str::to_owned), Some(since), Some(used)];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    parts.join(" · ")
}
