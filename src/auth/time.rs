//! Time as values: a moment in milliseconds, a span in seconds, which no arithmetic can mix up.
//!
//! All arithmetic saturates: a setting or a stored row cannot make a time wrap around.

use std::ops::{Add, Sub};
use std::time::Duration;

use chrono::{DateTime, NaiveDate};
use serde::{Deserialize, Serialize};

/// A moment, in milliseconds since the epoch: what the database and the wire have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// A span of whole seconds: what lifetimes and settings are in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(i64);

impl Timestamp {
    /// So many milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// So many seconds after the epoch (RFC 7519 §2, `NumericDate`).
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, as JWTs count (RFC 7519 §2, `NumericDate`).
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The last multiple of a span at or before the moment: the beginning of its hour, of its day.
    #[must_use]
    pub const fn floor(self, span: Seconds) -> Self {
        Self(self.0.saturating_sub(self.0.rem_euclid(span.millis())))
    }

    /// The time since an earlier moment; none since a later one.
    pub fn duration_since(self, earlier: Self) -> Duration {
        let millis = self.0.saturating_sub(earlier.0);
        Duration::from_millis(millis.try_into().unwrap_or(0))
    }
}

impl Seconds {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// A minute.
    pub const MINUTE: Self = Self(60);
    /// An hour.
    pub const HOUR: Self = Self(3600);
    /// A day.
    pub const DAY: Self = Self(86_400);

    /// So many seconds.
    pub const fn new(seconds: i64) -> Self {
        Self(seconds)
    }

    /// How many seconds.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// How many whole minutes.
    pub const fn minutes(self) -> i64 {
        self.0 / 60
    }

    /// The same span in milliseconds, as SQL counts.
    pub const fn millis(self) -> i64 {
        self.0.saturating_mul(1000)
    }

    /// The span so many times.
    #[must_use]
    pub const fn times(self, factor: i64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl Add<Seconds> for Timestamp {
    type Output = Self;

    fn add(self, span: Seconds) -> Self {
        Self(self.0.saturating_add(span.millis()))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add_unsigned(span.as_millis().try_into().unwrap_or(u64::MAX)),
        )
    }
}

impl Sub<Seconds> for Timestamp {
    type Output = Self;

    fn sub(self, span: Seconds) -> Self {
        Self(self.0.saturating_sub(span.millis()))
    }
}

/// Reads a day of the calendar, `2026-05-03` (ISO 8601). By the one reader of instants: chrono's others
/// know every layout there is, which takes ten kilobytes.
pub fn calendar_day(text: &str) -> Option<NaiveDate> {
    let instant = DateTime::parse_from_rfc3339(&format!("{text}T00:00:00Z"));
    instant.ok().map(|instant| instant.date_naive())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::time::{Seconds, Timestamp};

    #[test]
    fn times_saturate() {
        let last = Timestamp::from_millis(i64::MAX);
        assert_eq!(last + Seconds::DAY, last);
        assert_eq!(
            Timestamp::from_millis(i64::MIN) - Seconds::DAY,
            Timestamp::from_millis(i64::MIN)
        );
        assert_eq!(Seconds::new(i64::MAX).millis(), i64::MAX);
        assert_eq!(
            last.duration_since(Timestamp::from_millis(i64::MIN))
                .as_millis(),
            i64::MAX as u128
        );
        assert_eq!(Timestamp::from_millis(0) + Duration::MAX, last);
    }

    #[test]
    fn a_moment_before_the_epoch_is_in_the_second_before() {
        assert_eq!(Timestamp::from_millis(-1).seconds(), -1);
        assert_eq!(Timestamp::from_millis(1999).seconds(), 1);
    }

    #[test]
    fn no_time_has_passed_since_a_later_moment() {
        let now = Timestamp::from_millis(10_000);
        assert_eq!(
            (now + Seconds::new(2)).duration_since(now),
            Duration::from_secs(2)
        );
        assert_eq!(now.duration_since(now + Seconds::MINUTE), Duration::ZERO);
    }

    #[test]
    fn a_moment_is_in_the_hour_that_has_begun() {
        let hour = Timestamp::from_seconds(7200);
        assert_eq!((hour + Seconds::new(3599)).floor(Seconds::HOUR), hour);
        assert_eq!(hour.floor(Seconds::HOUR), hour);
        assert_eq!(
            Timestamp::from_millis(-1).floor(Seconds::HOUR),
            Timestamp::from_seconds(-3600)
        );
    }
}
