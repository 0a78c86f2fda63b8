//! Browsers that are trusted for a while: there a sign-in needs no second step.

use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::factor::trusted_device::LIFETIME;
use crate::auth::id::{BrowserId, UserId};
use crate::auth::time::Timestamp;

/// The id of a device `t` of a user that is trusted at the time; null for whoever administers, who is asked
/// always.
macro_rules! trusted_device {
    ($which:literal, $user:literal, $now:literal) => {
        concat!(
            "(select t.id from trusted_devices t where ",
            $which,
            " and t.user_id = ",
            $user,
            " and t.expires_on > ",
            $now,
            " and not exists (select 1 from administrators d where d.user_id = t.user_id))"
        )
    };
}
pub(super) use trusted_device;

// Trust rests on a second step in this very browser, by a factor that there still is.
const TRUST: &str = "insert into trusted_devices \
       (id, user_id, key, user_agent, country, created_on, last_used_on, expires_on) \
     select ?1, b.user_id, ?2, b.user_agent, b.country, ?4, ?4, ?5 from browsers b \
     where b.id = ?3 and b.ended_on is null and b.aal = 2 \
       and exists (select 1 from factors where user_id = b.user_id and confirmed_on is not null) \
       and not exists (select 1 from administrators d where d.user_id = b.user_id)";

const NOTE_USE: &str = "update trusted_devices set last_used_on = ?2 \
     where id = (select trusted_by from browsers where id = ?1)";

const OF_USER: &str = "select id, user_agent, country, created_on, last_used_on, expires_on \
     from trusted_devices where user_id = ?1 and expires_on > ?2 order by created_on desc, id";

const REVOKE: &str = "delete from trusted_devices where id = ?1 and user_id = ?2";

const REVOKE_OTHERS: &str = "delete from trusted_devices where user_id = ?1 \
     and id is not (select trusted_by from browsers where id = ?2)";

/// A trusted device, as its user's list shows it.
#[derive(Debug)]
pub struct TrustedDevice {
    /// Its id.
    pub id: String,
    /// What the browser called itself.
    pub user_agent: Option<String>,
    /// Where it was.
    pub country: Option<String>,
    /// Since when it is trusted.
    pub created_on: Timestamp,
    /// When it last waived a second step.
    pub last_used_on: Timestamp,
    /// Its end.
    pub expires_on: Timestamp,
}

impl FromRow for TrustedDevice {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("id")?,
            user_agent: row.get("user_agent")?,
            country: row.get("country")?,
            created_on: row.get("created_on")?,
            last_used_on: row.get("last_used_on")?,
            expires_on: row.get("expires_on")?,
        })
    }
}

/// A device about to be trusted.
#[derive(Debug, Clone, Copy)]
pub struct NewTrust<'a> {
    /// Its id.
    pub id: &'a str,
    /// Digest of its cookie.
    pub key: &'a str,
}

/// Trusts the device of a browser that has just proven its user's second factor.
pub(super) fn trust(new: &NewTrust<'_>, browser: &BrowserId, now: Timestamp) -> Query<usize> {
    let until = now + LIFETIME;
    sql!(TRUST, new.id, new.key, browser, now, until).changes()
}

/// Notes that the second step of a browser was waived, if it was.
pub(super) fn note_use(browser: &BrowserId, now: Timestamp) -> Query<()> {
    sql!(NOTE_USE, browser, now).run()
}

/// The trusted devices of a user, the newest first.
pub fn of_user(user_id: &UserId, now: Timestamp) -> Query<Vec<TrustedDevice>> {
    sql!(OF_USER, user_id, now).all()
}

/// Trusts a device of the user no more, and ends the browser that it opened; 0 where there is none.
pub fn revoke(id: &str, user_id: &UserId) -> Query<usize> {
    sql!(REVOKE, id, user_id).changes()
}

/// Trusts no device of the user any more but the one that a browser goes on by, if one is named.
pub(super) fn revoke_others(user_id: &UserId, browser: Option<&BrowserId>) -> Query<()> {
    sql!(REVOKE_OTHERS, user_id, browser).run()
}
