//! The sweep: what is over is deleted once an hour, a few rows at a time, so that requests come
//! between.

use worker::Delay;

use super::clock::now;
use super::d1::Db;
use super::log;
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
            Err(error) => log::failure(&error),
        }
        Delay::from(now().duration_since(start)).await;
    }
}
