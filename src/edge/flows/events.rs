//! Events on their way to the deployment's webhook: what is due is sent, after answers and by the cron.

use std::cell::Cell;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::audit::{Act, Managed};
use super::management::{access, trail};
use crate::auth::caller::Caller;
use crate::auth::id::AttemptId;
use crate::auth::management::resource::OUTBOX;
use crate::auth::retry::next_try;
use crate::auth::time::{Seconds, Timestamp};
use crate::auth::token::iso8601;
use crate::config::{Config, EventsWebhook};
use crate::edge::app::App;
use crate::edge::clock::now;
use crate::edge::d1::Db;
use crate::edge::outbound::notifier::post_once;
use crate::error::{Error, ErrorKind};
use crate::store::Batch as _;
use crate::store::outbox::{self, OutboxEvent};
use crate::wire::webhook::Webhook;

/// How long the receiver may take for one event.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long events are one run's; longer than it sends them.
const HELD: Seconds = Seconds::new(30);
/// How long a run takes new ones.
const RUN: Seconds = Seconds::new(15);

thread_local! {
    // Whether this isolate has made sure that events are written down, or that none are.
    static SWITCHED: Cell<bool> = const { Cell::new(false) };
}

/// Sends what is due once the answer has left. The first request of an isolate tells the database whether
/// events are wanted.
pub fn after_answer(app: &App, writes: bool) {
    let is_wanted = app.config.events.is_some();
    if SWITCHED.get() && !(is_wanted && writes) {
        return;
    }
    app.in_background(|app| async move { send_due(&app.db, &app.config).await });
}

/// Sends what is due, run by run, until nothing is left or the time is up.
pub async fn send_due(db: &Db, config: &Config) -> Result<(), Error> {
    if !SWITCHED.get() {
        switch(db, config).await?;
    }
    let Some(webhook) = &config.events else {
        return Ok(());
    };
    let end = now() + RUN;
    while now() < end {
        let attempt = AttemptId::draw()?;
        let due = db.run(outbox::take(&attempt, now(), now() + HELD)).await?;
        if due.is_empty() {
            return Ok(());
        }
        let sent = due.iter().map(|event| send(db, webhook, &attempt, event));
        join_all(sent)
            .await
            .into_iter()
            .collect::<Result<(), _>>()?;
    }
    Ok(())
}

/// Tells the database whether events are wanted, where it has it otherwise.
async fn switch(db: &Db, config: &Config) -> Result<(), Error> {
    let is_wanted = config.events.is_some();
    let (was,) = db.run(outbox::are_wanted()).await?;
    if was != is_wanted {
        db.run(outbox::want(is_wanted, now())).await?;
    }
    SWITCHED.set(true);
    Ok(())
}

async fn send(
    db: &Db,
    webhook: &EventsWebhook,
    attempt: &AttemptId,
    event: &OutboxEvent,
) -> Result<(), Error> {
    let signed = Webhook::signed(&body(event), &event.id, now(), &webhook.keys)?;
    match post_once(&webhook.url, &signed, TIMEOUT).await {
        None => db.run(outbox::delivered(&event.id, attempt, now())).await,
        Some(why) => {
            let time: Timestamp = now();
            let next = next_try(event.created_on, event.tries, time);
            let batch = outbox::not_delivered(&event.id, attempt, &why, next, time);
            db.run(batch.map(|()| ())).await
        }
    }
}

fn body(event: &OutboxEvent) -> Value {
    json!({
        "type": event.kind,
        "timestamp": iso8601(event.created_on),
        "data": serde_json::from_str::<Value>(&event.data).unwrap_or_default(),
    })
}

/// Has an event sent again that was delivered or given up.
pub async fn resend(app: &App, caller: &Caller, id: &str) -> Result<(), Error> {
    let access = access::Access::to(&OUTBOX, OUTBOX.update, "");
    let manager = access::writer(app, caller, access).await?;
    let found = app.db.run(outbox::resend(id, app.now)).await?;
    if found.is_none() {
        return Err(ErrorKind::NoSuchRow {
            entity: OUTBOX.table.entity,
            id: id.to_owned(),
        }
        .into());
    }
    let managed = Managed {
        target: Some(id.to_owned()),
        ..Managed::default()
    };
    trail::act_of(app, &manager, OUTBOX.kind, Act::Changed, managed);
    Ok(())
}
