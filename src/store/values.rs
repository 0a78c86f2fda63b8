//! How the types of the rules are bound and read.

use super::query::Value;
use super::row::FromValue;
use crate::auth::id::{AttemptId, ClientId, ClientNumber, SessionId, UserId};
use crate::auth::time::{Seconds, Timestamp};

macro_rules! text {
    ($($name:ident)+) => {$(
        impl From<&$name> for Value {
            fn from(id: &$name) -> Self {
                Self::from(id.as_str())
            }
        }

        impl FromValue for $name {
            fn from_value(value: &Value) -> Option<Self> {
                String::from_value(value).map(Self::new)
            }
        }
    )+};
}

macro_rules! integer {
    ($($name:ident $get:ident $new:ident;)+) => {$(
        impl From<$name> for Value {
            fn from(value: $name) -> Self {
                Self::Integer(value.$get())
            }
        }

        impl FromValue for $name {
            fn from_value(value: &Value) -> Option<Self> {
                i64::from_value(value).map(Self::$new)
            }
        }
    )+};
}

text!(AttemptId ClientId SessionId UserId);
integer! {
    ClientNumber get new;
    Timestamp millis from_millis;
}

/// Read only: columns of lifetimes are in seconds, but statements count in milliseconds, so a span
/// is bound as [`Seconds::millis`] or [`Seconds::get`], whichever the statement means.
impl FromValue for Seconds {
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).map(Self::new)
    }
}
