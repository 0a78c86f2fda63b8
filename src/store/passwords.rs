//! Passwords, and what they are changed with.

use super::batch::Batch;
use super::known_devices;
use super::query::{Query, sql};
use crate::auth::id::{AttemptId, SessionId, UserId};
use crate::auth::time::Timestamp;

const TAKE_RESET: &str = "update one_time set taken_by = ?2, taken_on = ?3 \
     where key = ?1 and kind = 'reset' and taken_by is null and voided_on is null and expires_on > ?3 \
       and (select password from user_credentials p where p.user_id = one_time.user_id) is ?4";

// Sessions end and other links are voided by the triggers on user_credentials.
const RESET_PASSWORD: &str = "insert into user_credentials (user_id, password, changed_on) \
     select ?3, ?4, ?5 where exists (select 1 from one_time where key = ?1 and taken_by = ?2) \
     on conflict (user_id) do update set password = excluded.password, changed_on = excluded.changed_on";

const PASSWORD_OF_SESSION: &str = "select p.password from sessions s \
     join user_credentials p on p.user_id = s.user_id where s.id = ?1";

// The first at or after the name's key, or the first of all.
const STAND_IN: &str = "select password from user_credentials where user_id = coalesce( \
     (select user_id from user_credentials where draw_key >= ?1 order by draw_key limit 1), \
     (select user_id from user_credentials where draw_key is not null order by draw_key limit 1))";

const REHASH: &str =
    "update user_credentials set password = ?3 where user_id = ?1 and password = ?2";

// The same triggers end the sessions. So a session that is open still says that the password is the
// one that was checked.
const CHANGE_PASSWORD: &str = "update user_credentials set password = ?3, changed_on = ?4 \
     where user_id = ?1 and exists (select 1 from sessions s \
       join live_members m on m.user_id = s.user_id and m.client_id = s.client_id \
       where s.id = ?2 and s.user_id = ?1 and s.ended_on is null and s.expires_on > ?4)";

const ACTIVATE: &str = "update user_tenants set status = 1, modified_on = ?3 \
     where user_id = ?1 and status = 3 and deleted = 0 \
       and exists (select 1 from user_credentials where user_id = ?1 and password = ?2)";

/// A new password that a link allows.
pub struct ResetPassword<'a> {
    /// The key of the link.
    pub key: &'a str,
    /// Drawn for this attempt.
    pub attempt: &'a AttemptId,
    /// Whose password it is.
    pub user_id: &'a UserId,
    /// As stored now, if there is one.
    pub old: Option<&'a str>,
    /// To be stored.
    pub new: &'a str,
    /// The device that sets it, which stays known.
    pub device: Option<&'a str>,
}

/// The stored password of a session's user.
pub fn of_session(session_id: &SessionId) -> Query<Option<(String,)>> {
    sql!(PASSWORD_OF_SESSION, session_id).first()
}

/// The stored hash that stands in where a name has none.
///
/// `draw_key` is eight hexadecimal digits that only this deployment can compute from the name. So one
/// name always meets the same hash, and a caller cannot choose two names that meet one hash, to see
/// whether their durations stay alike.
pub fn dummy_hash(draw_key: &str) -> Query<Option<(String,)>> {
    sql!(STAND_IN, draw_key).first()
}

/// Stores the same password under today's hash, unless it has changed meanwhile.
pub fn rehash(user_id: &UserId, old: &str, new: &str) -> Query<()> {
    sql!(REHASH, user_id, old, new).run()
}

/// Changes a password and everything that hangs on it, if the session that asks is still open; says
/// whether it did. Of the user's devices only the one that asks stays known.
pub fn change(
    user_id: &UserId,
    session_id: &SessionId,
    new: &str,
    device: Option<&str>,
    now: Timestamp,
) -> impl Batch<Output = bool> {
    let batch = (
        sql!(CHANGE_PASSWORD, user_id, session_id, new, now).changes(),
        sql!(ACTIVATE, user_id, new, now).run(),
        known_devices::keep(user_id, device, new, now),
    );
    batch.map(|(changed, (), ())| changed > 0)
}

/// Uses a link up and sets its password, or changes nothing; says whether it did.
pub fn reset(reset: &ResetPassword<'_>, now: Timestamp) -> impl Batch<Output = bool> {
    let (key, attempt) = (reset.key, reset.attempt);
    let batch = (
        sql!(TAKE_RESET, key, attempt, now, reset.old).run(),
        sql!(RESET_PASSWORD, key, attempt, reset.user_id, reset.new, now).changes(),
        sql!(ACTIVATE, reset.user_id, reset.new, now).run(),
        known_devices::keep(reset.user_id, reset.device, reset.new, now),
    );
    batch.map(|((), set, (), ())| set > 0)
}
