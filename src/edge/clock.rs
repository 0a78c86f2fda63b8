//! The platform's clock, which advances only while something is awaited.

use worker::Date;

use crate::auth::time::Timestamp;

/// The present moment.
pub fn now() -> Timestamp {
    Timestamp::from_millis(i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX))
}
