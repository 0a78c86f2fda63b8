//! What each isolate keeps of the clients for a minute: the origins that browsers may call from, and
//! which clients keep no secret.

use std::cell::RefCell;
use std::rc::Rc;
use std::thread::LocalKey;

use super::app::App;
use crate::auth::time::{Seconds, Timestamp};
use crate::config::Config;
use crate::error::Error;
use crate::store::{Query, clients};
use crate::wire::cors;

const KEPT_FOR: Seconds = Seconds::MINUTE;

type List = Rc<[String]>;
type Kept = RefCell<Option<(Timestamp, List)>>;

thread_local! {
    static ORIGINS: Kept = const { RefCell::new(None) };
    static PUBLIC: Kept = const { RefCell::new(None) };
}

/// The allowed origins; none without an `Origin` to judge, or while storage does not answer.
pub async fn allowed_origins(app: &App, origin: Option<&str>) -> List {
    match origin {
        Some(_) => origins(app).await,
        None => Rc::new([]),
    }
}

/// The allowed origins; none while storage does not answer.
pub async fn origins(app: &App) -> List {
    let listed = kept(app, &ORIGINS, clients::redirect_urls, |config, urls| {
        let urls = urls.iter().map(String::as_str);
        cors::allowed_origins(urls, &config.allowed_origins, &config.public_url)
    });
    listed.await.unwrap_or_else(|_| Rc::new([]))
}

/// Whether a client of the operator's is known to keep no secret. What proves it in the end is its row.
pub async fn is_public(app: &App, client_id: &str) -> Result<bool, Error> {
    let listed = kept(app, &PUBLIC, clients::public, |_, names| names).await?;
    Ok(listed.iter().any(|name| name == client_id))
}

async fn kept(
    app: &App,
    list: &'static LocalKey<Kept>,
    read: fn() -> Query<Vec<(String,)>>,
    make: fn(&Config, Vec<String>) -> Vec<String>,
) -> Result<List, Error> {
    let cached = list.with_borrow(|kept| match kept {
        Some((since, list)) if app.now < *since + KEPT_FOR => Some(Rc::clone(list)),
        _ => None,
    });
    if let Some(cached) = cached {
        return Ok(cached);
    }
    let rows = app.db.uncounted().run(read()).await?;
    let rows = rows.into_iter().map(|(text,)| text).collect();
    let made: List = make(&app.config, rows).into();
    list.set(Some((app.now, Rc::clone(&made))));
    Ok(made)
}
