//! D1: wrong attempts. One is counted before anything is hashed, so that guesses sent at once all count.
//!
//! Two rows are kept for an attempt: one for where it comes from (its network, or a device or session
//! that its owner has signed in with before: [`Place`]) and one for the account, which those do not touch.

use serde::Deserialize;

use super::db::{Answers, Statement, sql};
use crate::auth::attempts::{Limits, Place};
use crate::error::Error;

/// The same wrong attempt within this time is one: `ServiceStack`'s clients send theirs twice.
const TWICE_MS: i64 = 5_000;
const DAY_MS: i64 = 86_400_000;

/// Whom an attempt is aimed at.
pub enum Subject<'a> {
    /// A folded name, of somebody or nobody.
    Name(&'a str),
    /// The user of a session.
    Session(&'a str),
}

/// An attempt about to be made.
pub struct Guess<'a> {
    /// Whom it is aimed at.
    pub subject: Subject<'a>,
    /// Where it comes from.
    pub place: &'a Place,
    /// Drawn for this attempt.
    pub attempt: &'a str,
    /// Tag of what was tried.
    pub tag: &'a str,
    /// The client that must prove itself, and the digest of the secret it gave; nothing where the
    /// caller has proven itself another way.
    pub client: Option<(&'a str, &'a str)>,
    /// The deployment's limits.
    pub limits: Limits,
}

impl Subject<'_> {
    /// ?1: an account by its id, so that all its names share its counters; a name of nobody by itself.
    const fn sql(&self) -> &'static str {
        match self {
            Self::Name(_) => {
                "coalesce((select id from users where username_key = ?1 and deleted = 0), \
                   (select id from users where email_key = ?1 and deleted = 0), 'name ' || ?1)"
            }
            Self::Session(_) => "(select user_id from sessions where id = ?1)",
        }
    }

    const fn value(&self) -> &str {
        match self {
            Self::Name(text) | Self::Session(text) => text,
        }
    }
}

impl Guess<'_> {
    /// The three statements that count it: see [`outcome`].
    pub fn statements(&self, now: i64) -> [Statement; 3] {
        let (source, device) = (self.place.source.as_str(), self.place.device.as_deref());
        let session = self.place.session.as_deref();
        let subject = self.subject.value();
        let (client, secret) = self.client.unzip();
        let Limits {
            per_source,
            window,
            per_account,
        } = self.limits;
        let (attempt, tag) = (self.attempt, self.tag);
        [
            sql!(
                self.count_source(),
                subject,
                source,
                device,
                now,
                tag,
                attempt,
                per_source,
                window,
                client,
                secret,
                TWICE_MS,
                session
            ),
            sql!(
                self.count_account(),
                subject,
                source,
                device,
                now,
                tag,
                attempt,
                per_account,
                DAY_MS,
                TWICE_MS,
                session
            ),
            sql!(self.state(), subject, source, device, attempt, session),
        ]
    }

    /// The two keys, and whether the place is known: `g`. `session` is the parameter that has it.
    fn keys(&self, session: &str) -> String {
        format!(
            "(select 'account:' || who as account, device or session as known, \
               case when device then 'device:' || who || ':' || ?3 \
                 when session then 'session:' || who || ':' || {session} \
                 else 'source:' || who || ':' || ?2 end as place \
             from (select who, \
                 exists (select 1 from known_devices k where k.user_id = who and k.device = ?3) as device, \
                 exists (select 1 from sessions s where s.id = {session} and s.user_id = who and s.ended_on is null) as session \
               from (select {} as who))) g",
            self.subject.sql()
        )
    }

    // Not while a delay runs for the place, or for the account of an unknown device.
    fn count_source(&self) -> String {
        format!(
            "insert into attempts (key, failures, last_on, last_tag, last_by, blocked_until) \
             select g.place, 1, ?4, ?5, ?6, iif(1 >= ?7, ?4 + 60000, null) from {} \
             where (?9 is null or exists (select 1 from auth_clients c where c.client_id = ?9 \
                 and c.client_secret_digest = ?10 and c.deleted = 0)) \
               and (g.known or not exists (select 1 from attempts b where b.key = g.account and b.blocked_until > ?4)) \
             on conflict (key) do update set {} \
             where coalesce(blocked_until, 0) <= ?4",
            self.keys("?12"),
            counted(
                "max(last_on, coalesce(blocked_until, 0)) < ?4 - ?8",
                "?11",
                "min(3600000, 60000 << min(16, {n} - ?7))"
            )
        )
    }

    fn count_account(&self) -> String {
        format!(
            "insert into attempts (key, failures, last_on, last_tag, last_by, blocked_until) \
             select g.account, 1, ?4, ?5, ?6, iif(1 >= ?7, ?4 + ?8, null) from {} \
             where not g.known and exists (select 1 from attempts s where s.key = g.place and s.last_by = ?6) \
             on conflict (key) do update set {}",
            self.keys("?10"),
            counted("last_on < ?4 - ?8", "?9", "?8")
        )
    }

    fn state(&self) -> String {
        format!(
            "select exists (select 1 from attempts s where s.key = g.place and s.last_by = ?4) as allowed, \
               max(coalesce((select blocked_until from attempts s where s.key = g.place), 0), \
                 iif(g.known, 0, coalesce((select blocked_until from attempts b where b.key = g.account), 0))) as blocked_until \
             from {}",
            self.keys("?5")
        )
    }
}

/// The columns of a row after one more attempt: anew after `quiet`, once for one sent twice, and
/// blocked for `delay` from the limit (?7) on.
fn counted(quiet: &str, twice: &str, delay: &str) -> String {
    let n = format!(
        "case when {quiet} then 1 \
           when last_tag = excluded.last_tag and last_on > ?4 - {twice} then failures \
           else failures + 1 end"
    );
    let delay = delay.replace("{n}", &format!("({n})"));
    format!(
        "failures = {n}, \
         blocked_until = iif(({n}) >= ?7, ?4 + {delay}, null), \
         last_on = excluded.last_on, last_tag = excluded.last_tag, last_by = excluded.last_by"
    )
}

/// Lets an attempt go on, or says how long to wait: reads the n-th answer of a batch, the last of
/// [`Guess::statements`].
pub fn outcome(answers: &Answers, n: usize, now: i64) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Row {
        allowed: i64,
        blocked_until: i64,
    }
    match answers.row::<Row>(n)? {
        Some(row) if row.allowed == 1 => Ok(()),
        Some(row) => {
            let seconds = (row.blocked_until - now).max(1000) / 1000;
            Err(Error::TooMany(u32::try_from(seconds).unwrap_or(u32::MAX)))
        }
        None => Err(Error::Internal("no outcome of an attempt".to_owned())),
    }
}

const CLEAR: &str = "delete from attempts where key in ( \
     'account:' || ?1, 'source:' || ?1 || ':' || ?2, 'device:' || ?1 || ':' || ?3, \
     'session:' || ?1 || ':' || ?4)";

const CLEAR_ALL: &str = "delete from attempts where key = 'account:' || ?1 \
     or (key >= 'source:' || ?1 || ':' and key < 'source:' || ?1 || ';') \
     or (key >= 'device:' || ?1 || ':' and key < 'device:' || ?1 || ';') \
     or (key >= 'session:' || ?1 || ':' and key < 'session:' || ?1 || ';')";

const KNOW_DEVICE: &str = "insert into known_devices (user_id, device, last_used_on) \
     select ?1, ?2, ?3 where ?2 is not null \
     on conflict (user_id, device) do update set last_used_on = excluded.last_used_on";

/// Forgets the failures of a place, and knows its device from now on: for a sign-in that succeeds.
pub fn clear(user_id: &str, place: &Place, now: i64) -> [Statement; 2] {
    let (device, session) = (place.device.as_deref(), place.session.as_deref());
    [
        sql!(CLEAR, user_id, &place.source, device, session),
        sql!(KNOW_DEVICE, user_id, device, now),
    ]
}

/// Forgets all failures of a user: for a password that was set with a link.
pub fn clear_all(user_id: &str) -> Statement {
    sql!(CLEAR_ALL, user_id)
}
