//! Erasing a person: asked for by the person and done some days later unless they sign in before, or done
//! at once by an administrator. Nothing of the person stays but ids.

use super::batch::Batch;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::assurance::FRESH;
use crate::auth::id::{BrowserId, SessionId, UserId};
use crate::auth::secret::Secret;
use crate::auth::time::{Seconds, Timestamp};

/// How long a person may change their mind: whoever signs in, by whatever way, stays (a trigger).
const GRACE: Seconds = Seconds::new(14 * 86_400);
/// How many erasures that are due one sweep takes.
const DUE: u32 = 100;

/// Marks the user of what is signed in, by a fresh proof of the strongest factor that there is.
macro_rules! request {
    ($table:literal) => {
        concat!(
            "update users set erase_on = ?3 where id = (select s.user_id from ",
            $table,
            " s where s.id = ?1 and s.ended_on is null and s.expires_on > ?4 and s.auth_time > ?2 \
               and (s.aal = 2 or not exists (select 1 from factors f \
                 where f.user_id = s.user_id and f.confirmed_on is not null)))"
        )
    };
}

const REQUEST: &str = request!("sessions");

const REQUEST_IN_BROWSER: &str = request!("browsers");

const END_BROWSERS: &str = "update browsers set ended_on = ?2, ended_why = 'erasure' \
     where user_id = ?1 and ended_on is null \
       and exists (select 1 from users where id = ?1 and erase_on is not null)";

const END_SESSIONS: &str = "update sessions set ended_on = ?2, ended_why = 'erasure' \
     where user_id = ?1 and ended_on is null \
       and exists (select 1 from users where id = ?1 and erase_on is not null)";

// A link or code on its way would sign the person in, who has not changed their mind by that.
const VOID: &str = "update one_time set voided_on = ?2 \
     where user_id = ?1 and taken_by is null and voided_on is null \
       and exists (select 1 from users where id = ?1 and erase_on is not null)";

const DUE_NOW: &str = "select id from users where erase_on <= ?1 limit ?2";

const NAMES: &str =
    "select username_key, coalesce(email_key, username_key) as email_key from users where id = ?1";

const KEYS: &str = "select key from one_time where user_id = ?1 \
     union select key from one_time where kind in ('reset', 'sign-up') and recipient in ( \
       select username_key from users where id = ?1 union select email_key from users where id = ?1)";

// What decides whether the others do anything: the person is there, and it is time or an
// administrator's wish.
const CLAIM: &str = "insert into erased_users (user_id, erased_on) \
     select id, ?2 from users where id = ?1 and (?3 or erase_on <= ?2) \
     on conflict (user_id) do update set erased_on = excluded.erased_on";

/// A statement on everything of a person in a table, once the erasure is claimed.
macro_rules! erase {
    ($what:literal) => {
        concat!(
            $what,
            " and exists (select 1 from erased_users where user_id = ?1)"
        )
    };
}

/// Every table that has something of a person, each before those that it refers to.
const ERASE: [&str; 20] = [
    // Triggers tell whoever waits for the end of a session.
    erase!(
        "update sessions set ended_on = cast(unixepoch('subsec') * 1000 as integer), ended_why = 'erased' \
         where user_id = ?1 and ended_on is null"
    ),
    erase!("delete from sessions where user_id = ?1"),
    erase!("delete from browsers where user_id = ?1"),
    erase!(
        "delete from one_time where kind in ('reset', 'sign-up') and recipient in ( \
           select username_key from users where id = ?1 union select email_key from users where id = ?1)"
    ),
    erase!("delete from one_time where user_id = ?1"),
    erase!("delete from attempts where user_id = ?1"),
    erase!("delete from known_devices where user_id = ?1"),
    erase!("delete from login_activity where user_id = ?1"),
    erase!(
        "delete from user_permissions where user_tenant_id in ( \
           select id from user_tenants where user_id = ?1)"
    ),
    erase!(
        "delete from user_resources where user_tenant_id in ( \
           select id from user_tenants where user_id = ?1)"
    ),
    erase!("delete from user_tenants where user_id = ?1"),
    erase!("delete from user_clients where user_id = ?1"),
    erase!("delete from user_identities where user_id = ?1"),
    erase!("delete from user_credentials where user_id = ?1"),
    erase!("delete from factors where user_id = ?1"),
    erase!("delete from recovery_codes where user_id = ?1"),
    erase!("delete from spent_proofs where user_id = ?1"),
    erase!("delete from trusted_devices where user_id = ?1"),
    erase!("delete from user_factors where user_id = ?1"),
    erase!("delete from users where id = ?1"),
];

const OTP: &str = "delete from otps where username_key = ?2 \
     and exists (select 1 from erased_users where user_id = ?1)";

const AUDIT: &str = "insert into login_activity (id, at, kind, result, user_id, detail) \
     select ?3, ?2, 'erasure', 'ok', ?1, iif(?4 is null, null, json_object('by', ?4)) \
     where exists (select 1 from erased_users where user_id = ?1 and erased_on = ?2)";

/// The folded names of a person, by which one-time passwords are found.
pub struct Names {
    /// The username.
    pub username: Secret,
    /// The address, or the username again.
    pub email: Secret,
}

impl FromRow for Names {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            username: Secret::new(row.get::<String>("username_key")?),
            email: Secret::new(row.get::<String>("email_key")?),
        })
    }
}

/// Marks the user of a session for erasure and ends all of their sessions; says whether it did: the
/// session must be live, and its authentication fresh.
pub fn request(session: &SessionId, user_id: &UserId, now: Timestamp) -> impl Batch<Output = bool> {
    let request = sql!(REQUEST, session, now - FRESH, now + GRACE, now);
    (request.changes(), end_all(user_id, now)).map(|(marked, _)| marked > 0)
}

/// The same for the user of a browser at our pages; answers when the person will be erased.
pub fn request_in_browser(
    browser: &BrowserId,
    user_id: &UserId,
    now: Timestamp,
) -> impl Batch<Output = Option<Timestamp>> {
    let until = now + GRACE;
    let request = sql!(REQUEST_IN_BROWSER, browser, now - FRESH, until, now);
    (request.changes(), end_all(user_id, now)).map(move |(marked, _)| (marked > 0).then_some(until))
}

/// Voids and ends whatever is open of a user who is marked.
fn end_all(user_id: &UserId, now: Timestamp) -> Vec<Query<()>> {
    let statements = [VOID, END_SESSIONS, END_BROWSERS].into_iter();
    statements
        .map(|sql| sql!(sql, user_id, now).run())
        .collect()
}

/// The people whose time has come.
pub fn due(now: Timestamp) -> Query<Vec<(String,)>> {
    sql!(DUE_NOW, now, DUE).all()
}

/// The names of a person, and the keys of what KV may remember of them.
pub fn remains(user_id: &UserId) -> (Query<Option<Names>>, Query<Vec<(String,)>>) {
    (sql!(NAMES, user_id).first(), sql!(KEYS, user_id).all())
}

/// An erasure about to be done.
pub struct Erasure<'a> {
    /// Whose.
    pub user_id: &'a UserId,
    /// Whether an administrator wants it now, also where the person has not asked or may change
    /// their mind still.
    pub at_once: bool,
    /// The administrator.
    pub by: Option<&'a UserId>,
}

/// Erases a person, and their one-time passwords by their keys, whole or not at all; says whether it
/// did. `audit_id` is that of the row that stays in the audit log.
pub fn erase(
    erasure: &Erasure<'_>,
    otp_keys: &[String],
    audit_id: &str,
    now: Timestamp,
) -> impl Batch<Output = bool> + use<> {
    let user_id = erasure.user_id;
    let otps = otp_keys.iter();
    let otps: Vec<_> = otps.map(|key| sql!(OTP, user_id, key).run()).collect();
    let rows: Vec<_> = ERASE.iter().map(|sql| sql!(*sql, user_id).run()).collect();
    let batch = (
        sql!(CLAIM, user_id, now, erasure.at_once).changes(),
        otps,
        rows,
        sql!(AUDIT, user_id, now, audit_id, erasure.by).run(),
    );
    batch.map(|(claimed, _, _, ())| claimed > 0)
}
