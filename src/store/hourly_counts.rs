//! What is counted by the hour in place of a row for each time.

use super::query::{Query, sql};

const HOUR_MS: i64 = 3_600_000;

/// Counts ?2 in the hour ?1, on the condition that follows.
macro_rules! count_where {
    ($condition:literal) => {
        concat!(
            "insert into hourly_counts (hour, kind, count) select ?1, ?2, 1 where ",
            $condition,
            " on conflict (hour, kind) do update set count = count + 1"
        )
    };
}
pub(super) use count_where;

/// Counts one more of a kind.
pub fn count(kind: &str, now: i64) -> Query<()> {
    sql!(count_where!("true"), hour_of(now), kind).run()
}

/// The beginning of an hour, epoch milliseconds.
pub(super) const fn hour_of(now: i64) -> i64 {
    now - now.rem_euclid(HOUR_MS)
}
