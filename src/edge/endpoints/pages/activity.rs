//! What happened at the account.

use super::visit::Visit;
use crate::auth::time::Timestamp;
use crate::edge::app::App;
use crate::store::own_account::{self, ActivityRow};
use crate::wire::incoming::Incoming;
use crate::wire::pages::account_lists::{ActivityEvent, ActivityPage};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::{Page, PageClass, device, moment};
use crate::wire::reply::Reply;
use crate::wire::texts::Sessions;

/// Events on a page.
const PER_PAGE: usize = 50;

/// `GET /account/activity`: the latest, or what came before an event.
pub async fn show(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    let mut visit = Visit::begin(app, incoming)?;
    let browser = visit.own().await?;
    let before = incoming.query("before").and_then(|text| text.parse().ok());
    let before_id = incoming.query("id").unwrap_or_default();
    let from = before.map_or(
        Timestamp::from_millis(i64::from(u32::MAX) * 1_000_000),
        Timestamp::from_millis,
    );
    let limit = u32::try_from(PER_PAGE + 1).unwrap_or(u32::MAX);
    let rows = own_account::activity(&browser.account.id, from, &before_id, limit);
    let rows = app.db.run(rows).await?;
    let texts = &visit.texts().sessions;
    let last = rows.get(PER_PAGE - 1).filter(|_| rows.len() > PER_PAGE);
    let page = ActivityPage {
        frame: visit.frame(),
        shell: visit.shell()?,
        texts,
        events: rows
            .iter()
            .take(PER_PAGE)
            .map(|row| event(texts, row))
            .collect(),
        earlier: last.map(|row| {
            let (before, id) = (row.at.millis(), &row.id);
            format!("/account/activity?before={before}&id={id}")
        }),
        is_later: before.is_some(),
    };
    let reply = page.reply(200, PageClass::Own)?;
    Ok(visit.answer(reply))
}

fn event(texts: &Sessions, row: &ActivityRow) -> ActivityEvent {
    let name = (texts.event)(&row.kind, &row.result);
    let place = [device::name(row.user_agent.as_deref()), row.country.clone()];
    let place: Vec<_> = place.into_iter().flatten().collect();
    ActivityEvent {
        what: name.map_or_else(|| format!("{}: {}", row.kind, row.result), str::to_owned),
        client: row.client.clone(),
        time: moment::minute(row.at),
        machine_time: moment::machine(row.at),
        place: place.join(" · "),
    }
}
