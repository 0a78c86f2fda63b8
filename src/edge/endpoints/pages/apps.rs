//! The apps that the user has let in, which can be shut out again.

use super::visit::Visit;
use crate::auth::id::ClientNumber;
use crate::edge::app::App;
use crate::edge::flows::audit::PageAct;
use crate::edge::flows::browsers;
use crate::store::consents::{self, ListedConsent};
use crate::wire::incoming::Incoming;
use crate::wire::pages::consent::{AllowedApp, AppsPage, meanings};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::{Page, PageClass, moment, see_other};
use crate::wire::reply::Reply;
use crate::wire::texts::Texts;

const HERE: &str = "/account/apps";

/// `GET /account/apps`.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let browser = visit.own().await?;
    let rows = consents::of_user(&browser.account.id);
    let rows = app.db.run(rows).await?;
    let texts = visit.texts();
    let page = AppsPage {
        frame: visit.frame(),
        shell: visit.shell()?,
        texts: &texts.consent,
        token: visit.token(HERE)?,
        apps: rows.iter().map(|row| allowed(texts, row)).collect(),
    };
    let reply = page.reply(200, PageClass::Own)?;
    Ok(visit.answer(reply))
}

/// `POST /account/apps`: shuts one out, which ends its sessions.
pub async fn withdraw(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let form = visit.form(HERE)?;
    let browser = visit.own().await?;
    if let Ok(number) = form.text("app").parse() {
        let client = ClientNumber::new(number);
        let withdraw = consents::withdraw(&browser.account.id, client);
        if app.db.run(withdraw).await?.is_some() {
            browsers::record(app, &browser, PageAct::ConsentWithdrawn);
        }
    }
    Ok(visit.answer(see_other(format!("{HERE}?notice=app-out"))))
}

fn allowed(texts: &'static Texts, row: &ListedConsent) -> AllowedApp {
    let name = row.client_name.as_deref();
    let since = (texts.sessions.since)(&moment::day(row.given_on));
    let meanings = meanings(&texts.consent, &row.given.scope);
    AllowedApp {
        number: row.client.to_string(),
        name: name.unwrap_or(row.client_id.as_str()).to_owned(),
        detail: format!("{since} · {}", meanings.join(" · ")),
    }
}
