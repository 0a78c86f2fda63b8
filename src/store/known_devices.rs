//! Devices that a user has signed in with before.

use super::query::{Query, sql};
use crate::auth::id::UserId;
use crate::auth::time::Timestamp;

// A trigger forgets the devices that were used least recently, where there are more than twenty.
const KNOW: &str = "insert into known_devices (user_id, device, last_used_on) \
     select ?1, ?2, ?3 where ?2 is not null \
     on conflict (user_id, device) do update set last_used_on = excluded.last_used_on";

const KEEP: &str = "insert into known_devices (user_id, device, last_used_on) \
     select ?1, ?2, ?3 where ?2 is not null \
       and exists (select 1 from user_credentials where user_id = ?1 and password = ?4) \
     on conflict (user_id, device) do update set last_used_on = excluded.last_used_on";

// The first sign-in of all is no news to the user.
const IS_NEW: &str = "select coalesce((select u.last_login is not null and not exists ( \
       select 1 from known_devices k where k.user_id = u.id and k.device = ?2) \
     from users u where u.id = coalesce( \
       (select id from users where username_key = ?1 and deleted = 0), \
       (select id from users where email_key = ?1 and deleted = 0))), 0)";

/// Whether the user of a folded name has signed in before, and never with this device.
pub fn is_new(name: &str, device: &str) -> Query<(bool,)> {
    sql!(IS_NEW, name, device).one()
}

/// Makes a device a known one of its user, or remembers that it was used; nothing without a device.
pub fn add(user_id: &UserId, device: Option<&str>, now: Timestamp) -> Query<()> {
    sql!(KNOW, user_id, device, now).run()
}

/// Keeps the device known from which a user has just set a password: the trigger on `changed_on` has
/// deleted it with the user's others, and every counter.
pub fn keep(user_id: &UserId, device: Option<&str>, password: &str, now: Timestamp) -> Query<()> {
    sql!(KEEP, user_id, device, now, password).run()
}
