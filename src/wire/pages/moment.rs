//! Times as the pages show them: ISO 8601, in UTC.

use chrono::{DateTime, Datelike, Timelike, Utc};

use crate::auth::time::Timestamp;

/// The day.
pub fn day(time: Timestamp) -> String {
    let time = utc(time);
    format!("{:04}-{:02}-{:02}", time.year(), time.month(), time.day())
}

/// Day and minute.
pub fn minute(time: Timestamp) -> String {
    let at = utc(time);
    format!("{} {:02}:{:02}", day(time), at.hour(), at.minute())
}

/// The same for machines.
pub fn machine(time: Timestamp) -> String {
    minute(time).replace(' ', "T") + "Z"
}

fn utc(time: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(time.millis()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_to_the_minute() {
        let time = Timestamp::from_millis(1_777_777_777_777);
        assert_eq!(day(time), "2026-05-03");
        assert_eq!(minute(time), "2026-05-03 03:09");
        assert_eq!(machine(time), "2026-05-03T03:09Z");
    }
}
