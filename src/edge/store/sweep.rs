//! D1: what is over is deleted, table by table and a few rows at a time, so that requests come between.

use std::collections::BTreeMap;

use serde::Deserialize;
use worker::Date;

use super::db::{Db, Statement, sql};
use crate::config::Config;
use crate::error::Error;

/// Rows that one statement deletes: requests wait for no more than that.
const STEP: u32 = 5000;
/// How long a sweep goes on, in milliseconds; the next one finds the rest.
const PATIENCE_MS: i64 = 20_000;
const HOUR_MS: i64 = 3_600_000;
/// A backlog is counted up to this.
const COUNTED: u32 = 10_000;

/// One thing that is swept.
struct Step {
    table: &'static str,
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
            count: concat!(
                "select count(*) as rows from (select 1 from ",
                $over,
                " limit ?4)"
            ),
        }
    };
}

// Each has an index of its own. Codes and links stay for a day, so that a replay is recognised; a
// session goes once neither its refresh token nor an access token can live; the failures of a place
// go once they cannot count any more, though a delay of an hour began with the last; those of an
// account count for a day; a device that was not used for a year is a stranger again.
#[rustfmt::skip]
const STEPS: [Step; 13] = [
    step!("sessions", "id", "sessions where expires_on < ?1 - 86400000"),
    step!("sessions", "id", "sessions where ended_on < ?1 - 86400000"),
    step!("sessions", "id", "(select s.id as id from auth_clients c cross join sessions s \
        on s.client_id = c.id and s.ended_on is null and s.last_used_on < ?1 - 86400000 \
          - 1000 * (c.refresh_token_expiration + c.access_token_expiration))"),
    step!("one_time", "key", "one_time where kind in ('code', 'reset', 'sign-up') and expires_on < ?1 - 86400000"),
    step!("one_time", "key", "one_time where kind in ('signin', 'ticket') and expires_on < ?1"),
    step!("provider_logouts", "token", "provider_logouts where expires_on < ?1 - 86400000"),
    step!("otps", "username_key", "otps where expires_on < ?1"),
    step!("attempts", "key", "attempts where key >= 'b' and last_on < ?1 - 3600000 - ?3"),
    step!("attempts", "key", "attempts where key < 'b' and last_on < ?1 - 86400000"),
    step!("known_devices", "user_id, device", "known_devices where last_used_on < ?1 - 31536000000"),
    step!("messages_sent", "id", "messages_sent where sent_on < ?1 - 3600000"),
    step!("login_activity", "id", "login_activity where at < ?1 - ?2"),
    step!("hourly_counts", "hour, kind", "hourly_counts where hour < ?1 - ?2"),
];

/// Deletes what is over, a step of each table in turn, until nothing is left or the time is up.
/// A step that fails is left to the next sweep.
pub async fn sweep(db: &Db, config: &Config) {
    let start = now();
    let mut open: Vec<&Step> = STEPS.iter().collect();
    // Another one is first in each hour, so that steps that hang keep none of the others from its turn.
    let first = start.div_euclid(HOUR_MS).rem_euclid(STEPS.len() as i64);
    open.rotate_left(usize::try_from(first).unwrap_or(0));
    while !open.is_empty() {
        let mut unfinished = Vec::new();
        for step in open {
            if now() - start >= PATIENCE_MS {
                return;
            }
            match delete(db, step, config, start).await {
                Ok(rows) if rows >= STEP as usize => unfinished.push(step),
                Ok(_) => {}
                Err(error) => crate::edge::log(&error),
            }
        }
        open = unfinished;
    }
}

async fn delete(db: &Db, step: &Step, config: &Config, now: i64) -> Result<usize, Error> {
    let answers = db.all(bound(step.delete, config, STEP, now)).await?;
    answers.changes(0)
}

/// How many rows of each table are over; 10,000 of one step stands for that or more.
pub async fn backlog(
    db: &Db,
    config: &Config,
    now: i64,
) -> Result<BTreeMap<&'static str, i64>, Error> {
    #[derive(Deserialize)]
    struct Row {
        rows: i64,
    }
    let counts = STEPS
        .iter()
        .map(|step| bound(step.count, config, COUNTED, now));
    let answers = db.batch(counts).await?;
    let mut tables = BTreeMap::new();
    for (n, step) in STEPS.iter().enumerate() {
        let row: Option<Row> = answers.row(n)?;
        *tables.entry(step.table).or_insert(0) += row.map_or(0, |row| row.rows);
    }
    Ok(tables)
}

fn bound(sql: &str, config: &Config, rows: u32, now: i64) -> Statement {
    sql!(
        sql,
        now,
        config.audit_retention,
        config.attempts.window,
        rows
    )
}

fn now() -> i64 {
    i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX)
}
