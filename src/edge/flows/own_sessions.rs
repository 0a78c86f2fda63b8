//! Signing out elsewhere, at our pages.

use super::audit::{FactorAct, PageAct};
use super::browsers::record;
use super::factors::proof_at_pages::note;
use crate::auth::browser::LiveBrowser;
use crate::edge::app::App;
use crate::error::Error;
use crate::store::{own_sessions, trusted_devices};

/// What a user signs out elsewhere.
pub enum Elsewhere<'a> {
    /// One browser at our pages, with what began in it.
    Browser(&'a str),
    /// One session of a client.
    Session(&'a str),
    /// A device in which no second step is asked for, with the browsers that it has opened.
    Trusted(&'a str),
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
        Elsewhere::Trusted(id) => {
            let revoked = app.db.run(trusted_devices::revoke(id, user_id)).await?;
            if revoked > 0 {
                note(app, browser, FactorAct::DeviceForgotten);
            }
            return Ok(());
        }
        Elsewhere::Others => app.db.run(own_sessions::end_others(browser, now)).await,
    }?;
    record(app, browser, PageAct::SessionsEnded);
    Ok(())
}
