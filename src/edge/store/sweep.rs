//! D1: what is over is deleted once a day.

use super::db::{Db, sql};
use crate::error::Error;

/// Taken and expired things stay this long, so that a replay is still recognised.
const DAY_MS: i64 = 86_400_000;
/// A device that has not been used for so long is a stranger again.
const DEVICE_MS: i64 = 365 * DAY_MS;

// An idle session goes when neither its refresh token nor an access token of its can live.
const SESSIONS: &str = "delete from sessions where expires_on < ?1 or ended_on < ?1 \
     or last_used_on < ?1 - 1000 * (select c.refresh_token_expiration + c.access_token_expiration \
       from auth_clients c where c.id = sessions.client_id)";
const ONE_TIME: &str = "delete from one_time where expires_on < ?1";
const PROVIDER_LOGOUTS: &str = "delete from provider_logouts where expires_on < ?1";
const OTPS: &str = "delete from otps where expires_on < ?1";
const ATTEMPTS: &str =
    "delete from attempts where last_on < ?1 and coalesce(blocked_until, 0) < ?1";
const DEVICES: &str = "delete from known_devices where last_used_on < ?1";
const ACTIVITY: &str = "delete from login_activity where at < ?1";
const MESSAGES: &str = "delete from messages_sent where sent_on < ?1";

/// Deletes what ended more than a day ago, and activity older than its retention (milliseconds).
pub async fn sweep(db: &Db, audit_retention: i64, now: i64) -> Result<(), Error> {
    let before = now - DAY_MS;
    db.batch([
        sql!(SESSIONS, before),
        sql!(ONE_TIME, before),
        sql!(PROVIDER_LOGOUTS, before),
        sql!(OTPS, before),
        sql!(ATTEMPTS, before),
        sql!(MESSAGES, before),
        sql!(DEVICES, now - DEVICE_MS),
        sql!(ACTIVITY, now - audit_retention),
    ])
    .await
    .map(drop)
}
