//! Refreshing a session, with a refresh token that rotates or with one that does not.

use super::batch::Batch;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use super::sessions::{self, LiveSession, Owner};
use crate::auth::id::SessionId;
use crate::auth::session::SessionState;
use crate::auth::time::{Seconds, Timestamp};

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

/// A refresh as it is requested.
pub struct RefreshAttempt<'a> {
    /// The session.
    pub session_id: &'a SessionId,
    /// The refresh token's number.
    pub n: u32,
    /// Digest of the device that asks.
    pub device: Option<&'a str>,
    /// How long after a rotation the token before is taken for a lost reply.
    pub window: Seconds,
}

/// What a refresh found and left behind.
pub struct Refreshed {
    /// The session before, if there is one, and its owner.
    pub before: Option<(SessionState, Owner)>,
    /// Whether the number moved.
    pub rotated: bool,
    /// The session after, if it may be used.
    pub session: Option<LiveSession>,
}

impl FromRow for (SessionState, Owner) {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        let state = SessionState {
            refresh_n: row.get("refresh_n")?,
            refreshed_on: row.get("refreshed_on")?,
            last_used_on: row.get("last_used_on")?,
            expires_on: row.get("expires_on")?,
            ended: row.get::<Option<i64>>("ended_on")?.is_some(),
            device: row.get("device")?,
            live: row.get("live")?,
            idle_lifetime: row.get("refresh_token_expiration")?,
        };
        Ok((state, Owner::from_row(row)?))
    }
}

/// Refreshes: ends a stolen session, moves an honest one on, and reads it before and after.
pub fn refresh(ask: &RefreshAttempt<'_>, now: Timestamp) -> impl Batch<Output = Refreshed> {
    let (id, n, device) = (ask.session_id, ask.n, ask.device);
    let batch = (
        sql!(STATE, id).first::<(SessionState, Owner)>(),
        sql!(THEFT, id, now, device, n, ask.window.millis()).run(),
        sql!(ROTATE, id, now, device, n).changes(),
        sessions::live(id, now),
    );
    batch.map(|(before, (), rotated, session)| Refreshed {
        before,
        rotated: rotated > 0,
        session,
    })
}

/// Uses a session whose refresh token does not rotate: it is idle from now on, if it may be used.
pub fn renew(
    session_id: &SessionId,
    device: Option<&str>,
    now: Timestamp,
) -> impl Batch<Output = Option<LiveSession>> {
    let renewed: Query<usize> = sql!(RENEW, session_id, now, device).changes();
    (renewed, sessions::live(session_id, now))
        .map(|(renewed, session)| session.filter(|_| renewed > 0))
}
