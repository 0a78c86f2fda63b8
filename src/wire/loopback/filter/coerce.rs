//! Values of a `where`, read as their column's type: brackets know only text, and clients send
//! numbers and booleans as text in JSON too.

use chrono::DateTime;
use serde_json::{Number, Value};

use super::parameter::FilterError;
use crate::auth::table::column::{Column, ColumnKind};
use crate::auth::table::row::Scalar;
use crate::auth::time::calendar_day;
use crate::wire::loopback::detail::Detail;

/// The last instant that the original's dates reach, in epoch milliseconds (ECMA-262 §21.4.1.1).
const LAST_INSTANT: i64 = 8_640_000_000_000_000;
/// The largest integer that JSON numbers of the original's kind hold exactly.
pub(super) const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// Reads a value as what its column holds; null is nothing.
pub(super) fn scalar(
    column: &Column,
    value: &Value,
    path: &str,
) -> Result<Option<Scalar>, FilterError> {
    if value.is_null() {
        return Ok(None);
    }
    let read = match column.kind {
        ColumnKind::Boolean => boolean(value)
            .map(|truth| Scalar::Integer(truth.into()))
            .ok_or_else(|| Detail::wrong_type(path, "boolean"))?,
        ColumnKind::Integer => integer(value)
            .filter(|number| i32::try_from(*number).is_ok())
            .map(Scalar::Integer)
            .ok_or_else(|| Detail::wrong_type(path, "integer"))?,
        ColumnKind::Time => time(value)
            .map(Scalar::Integer)
            .ok_or_else(|| Detail::wrong_format(path, "date-time"))?,
        ColumnKind::Date => day(value)
            .map(Scalar::Text)
            .ok_or_else(|| Detail::wrong_format(path, "date"))?,
        ColumnKind::Text | ColumnKind::Secret | ColumnKind::Texts | ColumnKind::Object => {
            let text = text(value).ok_or_else(|| Detail::wrong_type(path, "string"))?;
            Scalar::Text(text)
        }
    };
    Ok(Some(read))
}

/// A truth value, also as text or number.
pub(in crate::wire::loopback) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => match text.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        Value::Number(number) => match whole(number)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
        _ => None,
    }
}

/// A whole number that a double holds exactly, also as text.
pub(super) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => whole(number),
        Value::String(text) => whole(&serde_json::from_str(text.trim()).ok()?),
        _ => None,
    }
}

/// A JSON number that is whole and that a double holds exactly: `3`, `3.0`, `3e2`.
pub(in crate::wire::loopback) fn whole(number: &Number) -> Option<i64> {
    let exact = number.as_i64().or_else(|| {
        let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
        Some(truncated(float))
    })?;
    (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER)
        .contains(&exact)
        .then_some(exact)
}

/// A whole double as the integer that it is; beyond those of 64 bits the nearest, which is out of range.
#[allow(clippy::cast_possible_truncation)]
const fn truncated(float: f64) -> i64 {
    float as i64
}

/// Text, or what the original makes of a number or boolean where it needs text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(number) => {
            Some(whole(number).map_or_else(|| number.to_string(), |whole| whole.to_string()))
        }
        _ => None,
    }
}

/// A day as ISO text, of a day or of an instant.
pub(in crate::wire::loopback) fn day(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let day = text.get(..10).filter(|day| calendar_day(day).is_some())?;
    (text.len() == 10 || time(value).is_some()).then(|| day.to_owned())
}

/// An instant in milliseconds: a number of them, an RFC 3339 time, one without an offset
/// (taken as UTC), or a day.
pub(in crate::wire::loopback) fn time(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => {
            whole(number).filter(|instant| (-LAST_INSTANT..=LAST_INSTANT).contains(instant))
        }
        Value::String(text) => ["", "Z", ":00Z", "T00:00:00Z"]
            .iter()
            .find_map(|rest| DateTime::parse_from_rfc3339(&format!("{text}{rest}")).ok())
            .map(|instant| instant.timestamp_millis()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::auth::client::columns::AUTH_CLIENTS;

    fn read(property: &str, value: Value) -> Result<Option<Scalar>, FilterError> {
        scalar(AUTH_CLIENTS.of_property(property).unwrap(), &value, "/x")
    }

    #[test]
    fn numbers_are_whole_and_fit_the_column() {
        for value in [json!(3), json!("3"), json!(" 3 "), json!(3.0), json!("3e0")] {
            assert_eq!(
                read("id", value.clone()),
                Ok(Some(Scalar::Integer(3))),
                "{value}"
            );
        }
        for value in [
            json!("abc"),
            json!(""),
            json!("true"),
            json!(true),
            json!(1.5),
            json!("1.5"),
            json!(2_147_483_648_i64),
            json!("99999999999999999999"),
            json!(1e300),
            json!([3]),
            json!({}),
        ] {
            assert_eq!(
                read("id", value.clone()),
                Err(Detail::wrong_type("/x", "integer").into()),
                "{value}"
            );
        }
    }

    #[test]
    fn times_are_instants() {
        for value in [
            json!(1_577_836_800_000_i64),
            json!("2020-01-01T00:00:00.000Z"),
            json!("2020-01-01T01:00:00+01:00"),
            json!("2020-01-01T00:00:00"),
            json!("2020-01-01T00:00"),
            json!("2020-01-01"),
        ] {
            assert_eq!(
                read("createdOn", value.clone()),
                Ok(Some(Scalar::Integer(1_577_836_800_000))),
                "{value}"
            );
        }
        for value in [
            json!("today"),
            json!("2020-13-01"),
            json!(""),
            json!(8_640_000_000_000_001_i64),
        ] {
            assert_eq!(
                read("createdOn", value.clone()),
                Err(Detail::wrong_format("/x", "date-time").into()),
                "{value}"
            );
        }
    }

    #[test]
    fn text_takes_numbers_and_booleans() {
        let text = |text: &str| Ok(Some(Scalar::Text(text.to_owned())));
        assert_eq!(read("clientId", json!("a")), text("a"));
        assert_eq!(read("clientId", json!(5.0)), text("5"));
        assert_eq!(read("clientId", json!(1.5)), text("1.5"));
        assert_eq!(read("clientId", json!(true)), text("true"));
        assert_eq!(read("clientId", Value::Null), Ok(None));
        assert!(read("clientId", json!(["a"])).is_err());
    }

    #[test]
    fn booleans_come_as_text_too() {
        for value in [json!(true), json!("true"), json!("1"), json!(1)] {
            assert_eq!(
                read("deleted", value.clone()),
                Ok(Some(Scalar::Integer(1))),
                "{value}"
            );
        }
        assert!(read("deleted", json!("yes")).is_err());
        assert!(read("deleted", json!(2)).is_err());
    }
}
