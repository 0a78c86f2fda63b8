//! Where a user is signed in: browsers at our pages, and sessions of clients.

use super::batch::Batch;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use super::trusted_devices::revoke_others;
use crate::auth::browser::{LiveBrowser, idle_lifetime};
use crate::auth::id::{BrowserId, SessionId, UserId};
use crate::auth::time::Timestamp;

const END_BROWSER: &str = "update browsers set ended_on = ?3, ended_why = 'signed out elsewhere' \
     where id = ?1 and user_id = ?2 and ended_on is null";

const END_OTHER_BROWSERS: &str = "update browsers set ended_on = ?3, ended_why = 'signed out elsewhere' \
     where user_id = ?2 and id <> ?1 and ended_on is null";

const BROWSERS: &str = "select id, user_agent, country, created_on, last_used_on from browsers \
     where user_id = ?1 and ended_on is null and expires_on > ?2 \
       and last_used_on > ?2 - iif(remembered, ?4, ?3) order by last_used_on desc limit 100";

const SESSIONS: &str = "select s.id, c.client_id, b.client_name, s.user_agent, s.country, \
       s.created_on, s.last_used_on, s.browser_id \
     from sessions s cross join auth_clients c on c.id = s.client_id \
     left join client_branding b on b.client_id = c.id \
     where s.user_id = ?1 and s.ended_on is null and s.expires_on > ?2 \
       and s.last_used_on > ?2 - 1000 * c.refresh_token_expiration \
     order by s.last_used_on desc limit 100";

const END_SESSION: &str = "update sessions set ended_on = ?3, ended_why = 'signed out elsewhere' \
     where id = ?1 and user_id = ?2 and ended_on is null";

const END_OTHER_SESSIONS: &str = "update sessions set ended_on = ?3, ended_why = 'signed out elsewhere' \
     where user_id = ?2 and browser_id is not ?1 and ended_on is null";

/// A browser as its user's list shows it.
#[derive(Debug)]
pub struct BrowserRow {
    /// The row.
    pub id: BrowserId,
    /// What it called itself.
    pub user_agent: Option<String>,
    /// Where it signed in.
    pub country: Option<String>,
    /// When it signed in.
    pub created_on: Timestamp,
    /// When it was last used, to five minutes.
    pub last_used_on: Timestamp,
}

/// A session as its user's list shows it.
#[derive(Debug)]
pub struct SessionRow {
    /// The `sid`.
    pub id: SessionId,
    /// What the client is called.
    pub client: String,
    /// What signed in.
    pub user_agent: Option<String>,
    /// Where.
    pub country: Option<String>,
    /// When.
    pub created_on: Timestamp,
    /// The last refresh.
    pub last_used_on: Timestamp,
    /// The browser that it began in.
    pub browser: Option<BrowserId>,
}

impl FromRow for BrowserRow {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("id")?,
            user_agent: row.get("user_agent")?,
            country: row.get("country")?,
            created_on: row.get("created_on")?,
            last_used_on: row.get("last_used_on")?,
        })
    }
}

impl FromRow for SessionRow {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        let name: Option<String> = row.get("client_name")?;
        Ok(Self {
            id: row.get("id")?,
            client: match name {
                Some(name) => name,
                None => row.get("client_id")?,
            },
            user_agent: row.get("user_agent")?,
            country: row.get("country")?,
            created_on: row.get("created_on")?,
            last_used_on: row.get("last_used_on")?,
            browser: row.get("browser_id")?,
        })
    }
}

/// Ends one of a user's browsers.
pub fn end_browser(id: &str, user_id: &UserId, now: Timestamp) -> Query<usize> {
    sql!(END_BROWSER, id, user_id, now).changes()
}

/// Ends all of a user's browsers but one.
fn end_other_browsers(id: &BrowserId, user_id: &UserId, now: Timestamp) -> Query<()> {
    sql!(END_OTHER_BROWSERS, id, user_id, now).run()
}

/// A user's open browsers, the last used first.
pub fn browsers(user_id: &UserId, now: Timestamp) -> Query<Vec<BrowserRow>> {
    let (short, long) = (idle_lifetime(false).millis(), idle_lifetime(true).millis());
    sql!(BROWSERS, user_id, now, short, long).all()
}

/// A user's open sessions, the last used first.
pub fn sessions(user_id: &UserId, now: Timestamp) -> Query<Vec<SessionRow>> {
    sql!(SESSIONS, user_id, now).all()
}

/// Ends one of a user's sessions.
pub fn end_session(id: &str, user_id: &UserId, now: Timestamp) -> Query<usize> {
    sql!(END_SESSION, id, user_id, now).changes()
}

/// Ends everything of a user but a browser and what began in it, and trusts no other device.
pub fn end_others(browser: &LiveBrowser, now: Timestamp) -> impl Batch<Output = ()> {
    let (id, user_id) = (&browser.id, &browser.account.id);
    let batch = (
        end_other_browsers(id, user_id, now),
        sql!(END_OTHER_SESSIONS, id, user_id, now).run(),
        revoke_others(user_id, Some(id)),
    );
    batch.map(|((), (), ())| ())
}
