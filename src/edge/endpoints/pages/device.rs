//! A device waits to be let in (RFC 8628 §3.3): its user types the code that it shows.

use url::form_urlencoded::Serializer;

use super::visit::Visit;
use crate::auth::browser::LiveBrowser;
use crate::auth::oauth::discovery::paths;
use crate::edge::app::App;
use crate::edge::flows::oauth::device_approval::{decide, look};
use crate::store::branding::BrandedClient;
use crate::store::device_codes::WaitingDevice;
use crate::wire::incoming::Incoming;
use crate::wire::pages::ask::NoticePage;
use crate::wire::pages::consent::{ConsentPage, DevicePage, meanings};
use crate::wire::pages::destination::Destination;
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::{Page, PageClass};
use crate::wire::reply::Reply;

const HERE: &str = paths::VERIFICATION;

/// `GET /device`: the code, filled in where it came along (§3.3.1).
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    app.config.oauth.on()?;
    let mut visit = Visit::begin(app, incoming)?;
    let code = incoming.query("user_code").unwrap_or_default();
    own(&mut visit, &code).await?;
    form(visit, 200, &code, None)
}

/// `POST /device`: the code, and then what the user decides.
pub async fn submit(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    app.config.oauth.on()?;
    let mut visit = Visit::begin(app, incoming)?;
    let fields = visit.form(HERE)?;
    let code = fields.text("user_code");
    let browser = own(&mut visit, code).await?;
    let Some((device, client)) = look(app, code, &browser).await? else {
        let problem = visit.texts().consent.device_wrong;
        return form(visit, 422, code, Some(problem));
    };
    let (allows, refuses) = (fields.has("allow"), fields.has("cancel"));
    if device.needs_factor && !refuses {
        return Err(PageFailure::second_step_for(
            &here(code),
            browser.has_factor,
        ));
    }
    if !allows && !refuses {
        return ask(visit, &browser, &device, client, code);
    }
    if !decide(app, &device, &browser, allows).await? {
        let problem = visit.texts().consent.device_wrong;
        return form(visit, 422, code, Some(problem));
    }
    done(visit, allows)
}

/// The signed-in browser; who is not signed in comes back with the code.
async fn own(visit: &mut Visit<'_>, code: &str) -> Result<LiveBrowser, PageFailure> {
    let here = Destination::to_path(&here(code));
    let browser = visit.read().await?;
    browser.ok_or_else(|| PageFailure::Elsewhere(here.on("/sign-in")))
}

/// This page with a code.
fn here(code: &str) -> String {
    let mut query = Serializer::new(String::new());
    let query = query.append_pair("user_code", code).finish();
    format!("{HERE}?{query}")
}

fn form(
    visit: Visit<'_>,
    status: u16,
    user_code: &str,
    problem: Option<&str>,
) -> Result<Reply, PageFailure> {
    let page = DevicePage {
        frame: visit.frame().with_problem(problem),
        texts: &visit.texts().consent,
        token: visit.token(HERE)?,
        user_code,
    };
    let reply = page.reply(status, PageClass::HERE)?;
    Ok(visit.answer(reply))
}

fn ask(
    mut visit: Visit<'_>,
    browser: &LiveBrowser,
    device: &WaitingDevice,
    client: BrandedClient,
    user_code: &str,
) -> Result<Reply, PageFailure> {
    visit.client = Some(client);
    let texts = &visit.texts().consent;
    let page = ConsentPage {
        frame: visit.frame(),
        texts,
        client: visit.client_name().unwrap_or_default(),
        name: &browser.account.username,
        scopes: meanings(texts, &device.request.scope),
        host: None,
        action: HERE.to_owned(),
        token: visit.token(HERE)?,
        user_code: Some(user_code.to_owned()),
        another: visit.walk.on_with("/sign-in", &[("prompt", "login")]),
    };
    let reply = page.reply(200, PageClass::HERE)?;
    Ok(visit.answer(reply))
}

fn done(visit: Visit<'_>, allows: bool) -> Result<Reply, PageFailure> {
    let texts = &visit.texts().consent;
    let page = NoticePage {
        frame: visit.frame(),
        title: match allows {
            true => texts.device_done,
            false => texts.device_refused,
        },
        lead: texts.device_back,
        ways: Vec::new(),
    };
    let reply = page.reply(200, PageClass::HERE)?;
    Ok(visit.answer(reply))
}
