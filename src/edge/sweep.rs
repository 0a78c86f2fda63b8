//! The sweep: what is over is deleted once an hour, a few rows at a time, so that requests come between.

use worker::Date;

use super::d1::Db;
use crate::config::Config;
use crate::store::sweep::{Kept, Sweep};

/// Sweeps until nothing is left or the time is up. A step that fails is left to the next sweep.
pub async fn sweep(db: &Db, config: &Config) {
    let kept = Kept::of(config);
    let mut sweep = Sweep::begin(now());
    while let Some(step) = sweep.next(now()) {
        match db.run(step.delete(kept, sweep.start)).await {
            Ok(rows) => sweep.deleted(step, rows),
            Err(error) => super::log(&error),
        }
    }
}

fn now() -> i64 {
    i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX)
}
