//! What is counted by the hour in place of a row for each time.

use super::query::{Query, sql};
use crate::auth::time::{Seconds, Timestamp};

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
pub fn count(kind: &str, now: Timestamp) -> Query<()> {
    sql!(count_where!("true"), hour_of(now), kind).run()
}

/// The beginning of an hour.
pub(super) const fn hour_of(now: Timestamp) -> Timestamp {
    now.floor(Seconds::HOUR)
}
