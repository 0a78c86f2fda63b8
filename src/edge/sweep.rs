//! The sweep: what is over is deleted once an hour, a few rows at a time, so that requests come between.

use std::time::Duration;

use worker::{Date, Delay};

use super::d1::Db;
use crate::config::Config;
use crate::store::sweep::{Kept, Sweep};

/// Sweeps until nothing is left or the time is up, and rests after each step for as long as that took:
/// half of the database's time is the requests'. A step that fails is left to the next sweep.
pub async fn sweep(db: &Db, config: &Config) {
    let kept = Kept::of(config);
    let mut sweep = Sweep::begin(now());
    while let Some(step) = sweep.next(now()) {
        let start = now();
        match db.run(step.delete(kept, sweep.start)).await {
            Ok(rows) => sweep.deleted(step, rows),
            Err(error) => super::log(&error),
        }
        let taken = u64::try_from(now() - start).unwrap_or(0);
        Delay::from(Duration::from_millis(taken)).await;
    }
}

fn now() -> i64 {
    i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX)
}
