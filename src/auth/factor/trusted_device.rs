//! Browsers in which a sign-in needs no second step for a while, because their user has proven it there.

use crate::auth::time::Seconds;

/// How long a device is trusted, however often it is used.
pub const LIFETIME: Seconds = Seconds::DAY.times(30);
