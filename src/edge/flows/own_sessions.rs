//! Signing out elsewhere, at our pages.

use super::audit::PageAct;
use super::browsers::record;
use crate::auth::browser::LiveBrowser;
use crate::edge::app::App;
use crate::error::Error;
use crate::store::own_sessions;

/// What a user signs out elsewhere.
pub enum Elsewhere<'a> {
    /// One browser at our pages, with what began in it.
    Browser(&'a str),
    /// One session of a client.
    Session(&'a str),
    /// All but this browser and what began in it.
    Others,
}

/// Signs out elsewhere.
pub async fn sign_out_elsewhere(
    app: &App,
    browser: &LiveBrowser,
    what: &Elsewhere<'_>,
) -> Result<(), Error> {
    let (user_id, now) = (&browser.account.id, app.now);
    match what {
        Elsewhere::Browser(id) => {
            let end = own_sessions::end_browser(id, user_id, now);
            app.db.run(end).await.map(drop)
        }
        Elsewhere::Session(id) => {
            let end = own_sessions::end_session(id, user_id, now);
            app.db.run(end).await.map(drop)
        }
        Elsewhere::Others => app.db.run(own_sessions::end_others(browser, now)).await,
    }?;
    record(app, browser, PageAct::SessionsEnded);
    Ok(())
}
