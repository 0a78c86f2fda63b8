//! The values of parameters and columns, and how Rust values become them and come from them.

use crate::auth::id::{AttemptId, BrowserId, ClientId, ClientNumber, FactorId, SessionId, UserId};
use crate::auth::time::{Seconds, Timestamp};

/// A value that is bound, or that a column holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// A number, a truth value or a time in epoch milliseconds; D1 holds integers up to 2^53 exactly.
    Integer(i64),
    /// Text.
    Text(String),
}

/// Something that is read from one column.
pub trait FromValue: Sized {
    /// Reads it; nothing where the value is of another type.
    fn from_value(value: &Value) -> Option<Self>;
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(i64::from(number))
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Integer(i64::from(truth))
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, T::into)
    }
}

impl FromValue for i64 {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

impl FromValue for u32 {
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).and_then(|number| number.try_into().ok())
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).map(|number| number != 0)
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

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

text!(AttemptId BrowserId ClientId FactorId SessionId UserId);
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
