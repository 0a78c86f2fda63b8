//! The sweep: what is over is deleted, once an hour, so that requests come between.

use std::collections::BTreeMap;

use worker::Date;

use super::d1::Db;
use crate::config::Config;
use crate::error::Error;
use crate::store::sweep::{STEP, STEPS, Step};

/// How long a sweep goes on, in milliseconds; the next one finds the rest.
const TIME_LIMIT_MS: i64 = 20_000;
const HOUR_MS: i64 = 3_600_000;

/// Deletes what is over, a step of each table in turn, until nothing is left or the time is up.
/// A step that fails is left to the next sweep.
pub async fn sweep(db: &Db, config: &Config) {
    let start = now();
    let mut open: Vec<&Step> = STEPS.iter().collect();
    // Another one is first in each hour, so that steps that hang keep none of the others from its turn.
    let hour = usize::try_from(start.div_euclid(HOUR_MS)).unwrap_or(0);
    open.rotate_left(hour % STEPS.len());
    while !open.is_empty() {
        let mut unfinished = Vec::new();
        for step in open {
            if now() - start >= TIME_LIMIT_MS {
                return;
            }
            match db.run(step.delete(config, start)).await {
                Ok(rows) if rows >= STEP as usize => unfinished.push(step),
                Ok(_) => {}
                Err(error) => super::log(&error),
            }
        }
        open = unfinished;
    }
}

/// How many rows of each table are over; 10,000 of one step stands for that or more.
pub async fn backlog(
    db: &Db,
    config: &Config,
    now: i64,
) -> Result<BTreeMap<&'static str, i64>, Error> {
    let counts = STEPS.iter().map(|step| step.backlog(config, now));
    let counts = db.run(counts.collect::<Vec<_>>()).await?;
    let mut tables = BTreeMap::new();
    for (step, (rows,)) in STEPS.iter().zip(counts) {
        *tables.entry(step.table).or_insert(0) += rows;
    }
    Ok(tables)
}

fn now() -> i64 {
    i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX)
}
