//! The origins that browsers may call from, kept for a minute in each isolate.

use std::cell::RefCell;
use std::rc::Rc;

use super::app::App;
use crate::auth::time::{Seconds, Timestamp};
use crate::store::clients;
use crate::wire::cors;

const KEPT_FOR: Seconds = Seconds::MINUTE;

thread_local! {
    static KEPT: RefCell<Option<(Timestamp, Rc<[String]>)>> = const { RefCell::new(None) };
}

/// The allowed origins; none without an `Origin` to judge, or while storage does not answer.
pub async fn allowed(app: &App, origin: Option<&str>) -> Rc<[String]> {
    match origin {
        Some(_) => listed(app).await,
        None => Rc::new([]),
    }
}

/// The allowed origins; none while storage does not answer.
pub async fn listed(app: &App) -> Rc<[String]> {
    if let Some(cached) = cached(app.now) {
        return cached;
    }
    let Ok(urls) = app.db.uncounted().run(clients::redirect_urls()).await else {
        return Rc::new([]);
    };
    let urls = urls.iter().map(|(url,)| url.as_str());
    let config = &app.config;
    let origins = cors::allowed_origins(urls, &config.allowed_origins, &config.public_url);
    let origins: Rc<[String]> = origins.into();
    KEPT.with(|cell| cell.replace(Some((app.now, Rc::clone(&origins)))));
    origins
}

fn cached(now: Timestamp) -> Option<Rc<[String]>> {
    KEPT.with(|cell| match &*cell.borrow() {
        Some((since, origins)) if now < *since + KEPT_FOR => Some(Rc::clone(origins)),
        _ => None,
    })
}
