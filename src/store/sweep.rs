//! What is over, table by table, and how it is deleted: a few rows at a time, so that requests come
//! between.

use std::collections::VecDeque;

use serde_json::{Map, Value};

use super::batch::Batch;
use super::query::{Query, Statement, sql};
use crate::auth::time::{Seconds, Timestamp};
use crate::config::Config;

/// Rows that one statement deletes: requests wait for no more than that.
const STEP: u32 = 5000;
/// How long a sweep goes on; the next one finds the rest.
const TIME_LIMIT: Seconds = Seconds::new(20);
/// A backlog is counted up to this.
const COUNTED: u32 = 10_000;

/// One thing that is swept.
pub struct Step {
    /// The table.
    pub table: &'static str,
    delete: &'static str,
    count: &'static str,
}

/// A step: its table, that table's key, and where the keys of rows that are over are found.
///
/// ?1 now, ?2 how long activity is kept, ?3 how long failures of a place count, ?4 how many rows.
macro_rules! step {
    ($table:literal, $key:literal, $over:literal) => {
        Step {
            table: $table,
            delete: concat!(
                "delete from ",
                $table,
                " where (",
                $key,
                ") in (select ",
                $key,
                " from ",
                $over,
                " limit ?4)"
            ),
            count: concat!("select count(*) from (select 1 from ", $over, " limit ?4)"),
        }
    };
}

/// Everything that is swept, each step by an index of its own.
///
/// Codes and links stay for a day, so that a replay is recognised; notices that nobody has sent go
/// after two, clients that nobody vouches for and nobody uses after ninety; a session goes once neither
/// its refresh token nor an access token can live; the failures of a place go once they cannot count
/// any more, though a delay of an hour began with the last; those of an account count for a day, those at
/// names that nobody has up to 200,000, the newest; a factor that nobody confirms is forgotten after a
/// day; a device that was not used for a year is a stranger again; events stay for a week.
#[rustfmt::skip]
pub static STEPS: [Step; 24] = [
    step!("sessions", "id", "sessions where expires_on < ?1 - 86400000"),
    step!("sessions", "id", "sessions where ended_on < ?1 - 86400000"),
    step!("sessions", "id", "(select s.id as id from auth_clients c cross join sessions s \
        on s.client_id = c.id and s.ended_on is null and s.last_used_on < ?1 - 86400000 \
          - 1000 * (c.refresh_token_expiration + c.access_token_expiration))"),
    step!("browsers", "id", "browsers where expires_on < ?1 - 86400000"),
    step!("browsers", "id", "browsers where ended_on < ?1 - 86400000"),
    step!("one_time", "key", "one_time where kind in ('code', 'mfa', 'grant', 'reset', 'sign-up', 'email', 'undo-email') and expires_on < ?1 - 86400000"),
    step!("one_time", "key", "one_time where kind in ('signin', 'ticket', 'par', 'device', 'jti') and expires_on < ?1"),
    step!("logout_notices", "session_id", "logout_notices where due_on < ?1 - 172800000"),
    step!("oauth_clients", "client_id", "oauth_clients where source <> 'operator' \
        and coalesce(used_on, created_on) < ?1 - 7776000000"),
    step!("provider_logouts", "token", "provider_logouts where expires_on < ?1 - 86400000"),
    step!("otps", "username_key", "otps where expires_on < ?1"),
    step!("attempts", "key", "attempts where key >= 'b' and last_on < ?1 - 3600000 - ?3"),
    step!("attempts", "key", "attempts where key < 'b' and last_on < ?1 - 86400000"),
    step!("known_devices", "user_id, device", "known_devices where last_used_on < ?1 - 31536000000"),
    step!("spent_proofs", "key", "spent_proofs where expires_on < ?1"),
    step!("factors", "id", "factors where confirmed_on is null and created_on < ?1 - 86400000"),
    step!("recovery_codes", "user_id, digest", "recovery_codes where expires_on < ?1"),
    step!("trusted_devices", "id", "trusted_devices where expires_on < ?1"),
    step!("messages_sent", "id", "messages_sent where sent_on < ?1 - 3600000"),
    step!("login_activity", "id", "login_activity where at < ?1 - ?2"),
    step!("outbox", "seq", "outbox where created_on < ?1 - 604800000"),
    step!("token_revocations", "id", "token_revocations where created_on < ?1 - 86400000"),
    step!("attempts", "key", "(select key from attempts where user_id is null and last_on > 0 order by last_on desc limit -1 offset 200000)"),
    step!("hourly_counts", "hour, kind", "hourly_counts where hour < ?1 - ?2"),
];

/// How long rows are kept that have no end of their own.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// Activity and hourly counts.
    pub activity: Seconds,
    /// What failed at a place, for so long after it.
    pub failures: Seconds,
}

impl Kept {
    /// As the deployment's settings say.
    pub const fn of(config: &Config) -> Self {
        Self {
            activity: config.audit.retention,
            failures: config.attempts.window,
        }
    }
}

impl Step {
    /// Deletes the next rows and counts them; fewer than 5,000 are the last.
    pub fn delete(&self, kept: Kept, now: Timestamp) -> Query<usize> {
        bound(self.delete, kept, STEP, now).changes()
    }

    /// How many rows are over; 10,000 stands for that or more.
    pub fn backlog(&self, kept: Kept, now: Timestamp) -> Query<(i64,)> {
        bound(self.count, kept, COUNTED, now).one()
    }
}

fn bound(sql: &'static str, kept: Kept, rows: u32, now: Timestamp) -> Statement {
    sql!(
        sql,
        now,
        kept.activity.millis(),
        kept.failures.millis(),
        rows
    )
}

/// A sweep under way: which step is next, until nothing is left or the time is up.
pub struct Sweep {
    /// When it began: what is over is judged by that, too.
    pub start: Timestamp,
    open: VecDeque<&'static Step>,
}

impl Sweep {
    /// Begins with another step in each hour, so that steps that hang keep no other from its turn.
    pub fn begin(now: Timestamp) -> Self {
        let hour = usize::try_from(now.seconds() / Seconds::HOUR.get()).unwrap_or(0);
        let mut open: VecDeque<_> = STEPS.iter().collect();
        open.rotate_left(hour % STEPS.len());
        Self { start: now, open }
    }

    /// The next step; nothing once all are finished or the time is up.
    pub fn next(&mut self, now: Timestamp) -> Option<&'static Step> {
        if now >= self.start + TIME_LIMIT {
            return None;
        }
        self.open.pop_front()
    }

    /// Gives a step another turn, after the others, if it may have left some rows.
    pub fn deleted(&mut self, step: &'static Step, rows: usize) {
        if rows >= STEP as usize {
            self.open.push_back(step);
        }
    }
}

/// How many rows of each table are over, by its name; 10,000 of one step stands for that or more.
pub fn backlog(kept: Kept, now: Timestamp) -> impl Batch<Output = Map<String, Value>> {
    let counts: Vec<_> = STEPS.iter().map(|step| step.backlog(kept, now)).collect();
    counts.map(|counts| {
        let mut tables = Map::new();
        for (step, (rows,)) in STEPS.iter().zip(counts) {
            let known = tables.get(step.table).and_then(Value::as_i64);
            tables.insert(step.table.to_owned(), (known.unwrap_or(0) + rows).into());
        }
        tables
    })
}
