//! Wrong attempts. One is counted before anything is hashed, so that guesses sent at once all count.
//!
//! Two rows are kept for an attempt: one for the place it comes from (a device or session that the
//! account's owner has signed in with before, otherwise the name as typed at the network:
//! [`AttemptOrigin`](crate::auth::attempts::AttemptOrigin)) and one for the account, which known
//! places do not touch. So what is counted for one name of an account says nothing of its other
//! name, until the account is locked to strangers.

use super::batch::Batch;
use super::known_devices;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::attempts::{CounterKeys, Limits};
use crate::auth::id::{AttemptId, ClientId, UserId};
use crate::auth::time::{Seconds, Timestamp};
use crate::error::{Error, ErrorKind};

/// The same wrong attempt within this time is one: `ServiceStack`'s clients send theirs twice.
const TWICE: Seconds = Seconds::new(5);

/// An attempt about to be made.
pub struct LoginAttempt<'a> {
    /// The canonical name, of an account or of none.
    pub name: &'a str,
    /// What it is counted under.
    pub keys: &'a CounterKeys,
    /// Drawn for this attempt.
    pub attempt: &'a AttemptId,
    /// Tag of what was tried.
    pub tag: &'a str,
    /// The client that must be there, and the digest of the secret it gave (nothing where the
    /// deployment vouches for it, or it keeps none); nothing where the caller has proven itself another way.
    pub client: Option<(&'a ClientId, Option<&'a str>)>,
    /// The deployment's limits.
    pub limits: Limits,
}

/// What an attempt is aimed at, as one row `g`: the account's owner, the keys of its two counters, and
/// whether the place is known. ?1 name, ?2 to ?6 the [`CounterKeys`].
macro_rules! aim {
    () => {
        "(select owner, coalesce('account:' || owner, ?2) as account, device or session as known, \
            case when device then ?5 when session then 'session:' || ?6 else ?3 end as place \
          from (select owner, \
              exists (select 1 from known_devices k where k.user_id = owner and k.device = ?4) as device, \
              exists (select 1 from sessions s where s.id = ?6 and s.user_id = owner and s.ended_on is null) as session \
            from (select coalesce( \
                (select u.id from users u where u.username_key = ?1 and u.deleted = 0), \
                (select u.id from users u where u.email_key = ?1 and u.deleted = 0)) as owner))) g"
    };
}

/// Whether the counters allowed the attempt ?7: it is the last that was counted for its place.
macro_rules! allowed {
    () => {
        concat!(
            "exists (select 1 from ",
            aim!(),
            " cross join attempts p on p.key = g.place where p.last_by = ?7)"
        )
    };
}
pub(super) use {aim, allowed};

/// The failures of a row with one more attempt: the first after a quiet time, and none for the same
/// one sent twice. ?8 now, ?9 tag, ?10 how long the same is the same
macro_rules! failures {
    ($quiet:literal) => {
        concat!(
            "case when ",
            $quiet,
            " then 1 when last_tag = ?9 and last_on > ?8 - ?10 then failures else failures + 1 end"
        )
    };
}

/// The columns of a row after one more attempt, blocked by `delay` from ?11 failures on.
macro_rules! counted {
    ($quiet:literal, $delay:expr) => {
        concat!(
            " on conflict (key) do update set user_id = excluded.user_id, failures = ",
            failures!($quiet),
            ", blocked_until = iif(",
            failures!($quiet),
            " >= ?11, ?8 + ",
            $delay,
            ", null), last_on = ?8, last_tag = ?9, last_by = ?7"
        )
    };
}

// The client must have proven itself, and no delay run for the place, or for the account of an
// unknown place. Delays are a minute and double to an hour.
const COUNT_PLACE: &str = concat!(
    "insert into attempts (key, user_id, failures, last_on, last_tag, last_by, blocked_until) \
     select g.place, g.owner, 1, ?8, ?9, ?7, iif(1 >= ?11, ?8 + 60000, null) from ",
    aim!(),
    " where (?13 is null or exists (select 1 from auth_clients c where c.client_id = ?13 \
         and (?14 is null or c.client_secret_digest = ?14) and c.deleted = 0)) \
       and (g.known or not exists (select 1 from attempts b where b.key = g.account and b.blocked_until > ?8))",
    counted!(
        "max(last_on, coalesce(blocked_until, 0)) < ?8 - ?12",
        concat!(
            "min(3600000, 60000 << min(16, ",
            failures!("max(last_on, coalesce(blocked_until, 0)) < ?8 - ?12"),
            " - ?11))"
        )
    ),
    " where coalesce(blocked_until, 0) <= ?8"
);

const COUNT_ACCOUNT: &str = concat!(
    "insert into attempts (key, user_id, failures, last_on, last_tag, last_by, blocked_until) \
     select g.account, g.owner, 1, ?8, ?9, ?7, iif(1 >= ?11, ?8 + ?12, null) from ",
    aim!(),
    " where not g.known and exists (select 1 from attempts p where p.key = g.place and p.last_by = ?7)",
    counted!("last_on < ?8 - ?12", "?12")
);

const VERDICT: &str = concat!(
    "select exists (select 1 from attempts p where p.key = g.place and p.last_by = ?7) as allowed, \
       max(coalesce((select blocked_until from attempts p where p.key = g.place), 0), \
         iif(g.known, 0, coalesce((select blocked_until from attempts b where b.key = g.account), 0))) as blocked_until \
     from ",
    aim!()
);

/// Whether an attempt may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptVerdict {
    allowed: bool,
    blocked_until: Timestamp,
}

impl FromRow for AttemptVerdict {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            allowed: row.get("allowed")?,
            blocked_until: row.get("blocked_until")?,
        })
    }
}

impl AttemptVerdict {
    /// Lets an attempt go on, or says how long to wait (429).
    pub fn allow(self, now: Timestamp) -> Result<(), Error> {
        if self.allowed {
            return Ok(());
        }
        let wait = self.blocked_until.duration_since(now).as_secs().max(1);
        Err(ErrorKind::TooMany(u32::try_from(wait).unwrap_or(u32::MAX)).into())
    }
}

/// Counts an attempt, if its client is proven and no delay runs.
pub fn count(guess: &LoginAttempt<'_>, now: Timestamp) -> impl Batch<Output = AttemptVerdict> {
    let batch = (
        count_place(guess, now),
        count_account(guess, now),
        verdict(guess),
    );
    batch.map(|((), (), verdict)| verdict)
}

fn count_place(guess: &LoginAttempt<'_>, now: Timestamp) -> Query<()> {
    let (keys, limits) = (guess.keys, guess.limits);
    let (client, secret) = guess.client.unzip();
    let statement = sql!(
        COUNT_PLACE,
        guess.name,
        &keys.name,
        &keys.network,
        keys.device.as_ref(),
        keys.on_device.as_ref(),
        keys.session.as_ref(),
        guess.attempt,
        now,
        guess.tag,
        TWICE.millis(),
        limits.per_source,
        limits.window.millis(),
        client,
        secret.flatten()
    );
    statement.run()
}

fn count_account(guess: &LoginAttempt<'_>, now: Timestamp) -> Query<()> {
    let keys = guess.keys;
    let statement = sql!(
        COUNT_ACCOUNT,
        guess.name,
        &keys.name,
        &keys.network,
        keys.device.as_ref(),
        keys.on_device.as_ref(),
        keys.session.as_ref(),
        guess.attempt,
        now,
        guess.tag,
        TWICE.millis(),
        guess.limits.per_account,
        Seconds::DAY.millis()
    );
    statement.run()
}

fn verdict(guess: &LoginAttempt<'_>) -> Query<AttemptVerdict> {
    let keys = guess.keys;
    let statement = sql!(
        VERDICT,
        guess.name,
        &keys.name,
        &keys.network,
        keys.device.as_ref(),
        keys.on_device.as_ref(),
        keys.session.as_ref(),
        guess.attempt
    );
    statement.one()
}

const TAKE_BACK: &str = "update attempts set failures = failures - 1, blocked_until = null \
     where key in (?1, ?2) and last_by = ?3";

/// Takes an attempt of an unknown place back that has not failed, unless another has come since.
pub fn take_back(guess: &LoginAttempt<'_>) -> Query<()> {
    let keys = guess.keys;
    sql!(TAKE_BACK, &keys.name, &keys.network, guess.attempt).run()
}

// The token of a session may come with a sign-in to another account, which proves nothing of its own.
const CLEAR: &str = "delete from attempts where key in ('account:' || ?1, ?2, ?3, \
       (select 'session:' || id from sessions where id = ?4 and user_id = ?1))";

/// Forgets the failures of an account and of the place that has signed in to it, and knows its device
/// from now on. A sign-in without a typed name has no keys, and so no place of its own.
pub fn clear(user_id: &UserId, keys: Option<&CounterKeys>, now: Timestamp) -> [Query<()>; 2] {
    let network = keys.map(|keys| &keys.network);
    let device = keys.and_then(|keys| keys.device.as_deref());
    let on_device = keys.and_then(|keys| keys.on_device.as_ref());
    let session = keys.and_then(|keys| keys.session.as_ref());
    [
        sql!(CLEAR, user_id, network, on_device, session).run(),
        known_devices::add(user_id, device, now),
    ]
}
