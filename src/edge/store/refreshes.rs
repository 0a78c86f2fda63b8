//! D1: refreshing a session, with a token that rotates or with one that does not.

use serde::Deserialize;

use super::db::{Db, sql};
use super::sessions::{self, LiveSession, Owner};
use crate::auth::session::SessionState;
use crate::error::Error;

const STATE: &str = "select s.user_id, s.client_id, s.refresh_n, s.refreshed_on, s.last_used_on, s.expires_on, \
       s.ended_on, s.device, c.refresh_token_expiration, \
       exists (select 1 from live_members m where m.user_id = s.user_id and m.client_id = s.client_id) as live \
     from sessions s join auth_clients c on c.id = s.client_id where s.id = ?1";

/// `Refresh::judge` in SQL: the session is open, and the device is the one that signed in.
/// ?1 session, ?2 now, ?3 device
macro_rules! open_session {
    () => {
        "id = ?1 and ended_on is null and expires_on > ?2 and (device is null or device is ?3) \
         and exists (select 1 from live_members m join auth_clients c on c.id = m.client_id \
           where m.user_id = sessions.user_id and m.client_id = sessions.client_id \
             and ?2 < sessions.last_used_on + 1000 * c.refresh_token_expiration)"
    };
}

const THEFT: &str = concat!(
    "update sessions set ended_on = ?2, ended_why = 'refresh theft' \
     where refresh_n > ?4 and not (refresh_n = ?4 + 1 and ?2 < refreshed_on + ?5) and ",
    open_session!()
);

const ROTATE: &str = concat!(
    "update sessions set refresh_n = refresh_n + 1, refreshed_on = ?2, last_used_on = ?2 \
     where refresh_n = ?4 and ",
    open_session!()
);

const RENEW: &str = concat!(
    "update sessions set last_used_on = ?2 where ",
    open_session!()
);

/// A refresh as it is asked for.
pub struct RefreshAttempt<'a> {
    /// The session.
    pub session_id: &'a str,
    /// The refresh token's number.
    pub n: u32,
    /// Digest of the device that asks.
    pub device: Option<&'a str>,
    /// The retry window, in milliseconds.
    pub window: i64,
}

/// What a refresh found and left behind.
pub struct Refreshed {
    /// The session before, if there is one.
    pub before: Option<SessionState>,
    /// Whose it is.
    pub owner: Option<Owner>,
    /// Whether the number moved.
    pub rotated: bool,
    /// The session after, if it may be used.
    pub session: Option<LiveSession>,
}

/// Refreshes: ends a stolen session, moves an honest one on, and reads it before and after.
pub async fn refresh(db: &Db, ask: &RefreshAttempt<'_>, now: i64) -> Result<Refreshed, Error> {
    let answers = db
        .batch([
            sql!(STATE, ask.session_id),
            sql!(THEFT, ask.session_id, now, ask.device, ask.n, ask.window),
            sql!(ROTATE, ask.session_id, now, ask.device, ask.n),
            sessions::find_live(ask.session_id, now),
        ])
        .await?;
    let owner = answers.row(0)?;
    Ok(Refreshed {
        before: answers.row::<StateRow>(0)?.map(SessionState::from),
        owner,
        rotated: answers.changes(2)? > 0,
        session: sessions::live(&answers, 3)?,
    })
}

/// Uses a session whose refresh token does not rotate: it is idle from now on, if it may be used.
pub async fn renew(
    db: &Db,
    session_id: &str,
    device: Option<&str>,
    now: i64,
) -> Result<Option<LiveSession>, Error> {
    let answers = db
        .batch([
            sql!(RENEW, session_id, now, device),
            sessions::find_live(session_id, now),
        ])
        .await?;
    if answers.changes(0)? == 0 {
        return Ok(None);
    }
    sessions::live(&answers, 1)
}

#[derive(Deserialize)]
struct StateRow {
    refresh_n: u32,
    refreshed_on: i64,
    last_used_on: i64,
    expires_on: i64,
    ended_on: Option<i64>,
    device: Option<String>,
    refresh_token_expiration: i64,
    live: i64,
}

impl From<StateRow> for SessionState {
    fn from(row: StateRow) -> Self {
        Self {
            refresh_n: row.refresh_n,
            refreshed_on: row.refreshed_on,
            last_used_on: row.last_used_on,
            expires_on: row.expires_on,
            ended: row.ended_on.is_some(),
            device: row.device,
            live: row.live == 1,
            idle_lifetime: row.refresh_token_expiration.saturating_mul(1000),
        }
    }
}
