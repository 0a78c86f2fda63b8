//! One value of a body, against the limit of its column.

use serde_json::{Value, json};

use crate::auth::address::is_address;
use crate::auth::redirect_url::RedirectUrl;
use crate::auth::secret::Secret;
use crate::auth::table::changes::NewValue;
use crate::auth::table::column::{Column, ColumnKind, Limit};
use crate::auth::table::row::Scalar;
use crate::auth::text;
use crate::wire::loopback::detail::Detail;
use crate::wire::loopback::filter::{MASK, boolean, day, whole};

/// The longest of several texts, in characters.
const MAX_NAME: usize = 150;
/// The longest address, in characters.
const MAX_ADDRESS: usize = 320;

/// The meaning of [`MASK`] as a secret.
#[derive(Clone, Copy)]
pub(super) enum Mask {
    Rejected,
    Unchanged,
}

/// Reads a value; nothing where the column stays as it is.
pub(super) fn new_value(
    column: &Column,
    limit: Limit,
    value: &Value,
    mask: Mask,
) -> Result<Option<NewValue>, Box<Detail>> {
    let path = format!("/{}", column.property);
    if value.is_null() && column.nullable {
        return Ok(Some(NewValue::Plain(None)));
    }
    let scalar = match limit {
        Limit::Characters(most) if column.kind == ColumnKind::Secret => {
            return secret(text(value, most, &path)?, mask, &path);
        }
        Limit::UpTo(most) => number(value, 1, most, &path)?,
        Limit::Between(least, most) => number(value, least, most, &path)?,
        Limit::Flag => flag(value, &path)?,
        Limit::Texts(most) => texts(value, most, &path)?,
        Limit::Object(most) => object(value, most, &path)?,
        Limit::Day => Scalar::Text(day(value).ok_or_else(|| Detail::wrong_format(&path, "date"))?),
        _ => Scalar::Text(checked_text(value, limit, &path)?.to_owned()),
    };
    Ok(Some(NewValue::Plain(Some(scalar))))
}

/// A text, and the rule that it must keep.
fn checked_text<'a>(value: &'a Value, limit: Limit, path: &str) -> Result<&'a str, Box<Detail>> {
    let (most, keeps, rule): (usize, fn(&str) -> bool, &str) = match limit {
        Limit::RedirectUrl(most) => (
            most,
            |text| RedirectUrl::parse(text).is_some(),
            "must be https, http on loopback, or a custom scheme with a dot, \
             without userinfo, fragment and * in the host",
        ),
        Limit::WebUrl(most) => (most, is_web_url, "must be an https or http URL"),
        Limit::Address => (MAX_ADDRESS, is_address, "must be an e-mail address"),
        Limit::Characters(most) => (most, |_| true, ""),
        _ => (MAX_NAME, |_| true, ""),
    };
    let text = text(value, most, path)?;
    if let Limit::OneOf(allowed) = limit
        && !allowed.contains(&text)
    {
        let rule = format!("must be one of {}", allowed.join(", "));
        return Err(Detail::pattern(path, &rule).into());
    }
    if keeps(text) {
        Ok(text)
    } else {
        Err(Detail::pattern(path, rule).into())
    }
}

fn is_web_url(text: &str) -> bool {
    text::url(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn text<'a>(value: &'a Value, most: usize, path: &str) -> Result<&'a str, Box<Detail>> {
    match value.as_str() {
        None => Err(Detail::wrong_type(path, "string").into()),
        Some("") => Err(Detail::too_short(path, 1).into()),
        Some(text) if text.chars().count() > most => Err(Detail::too_long(path, most).into()),
        Some(text) => Ok(text),
    }
}

fn secret(text: &str, mask: Mask, path: &str) -> Result<Option<NewValue>, Box<Detail>> {
    match mask {
        _ if text != MASK => Ok(Some(NewValue::Secret(Secret::new(text)))),
        Mask::Unchanged => Ok(None),
        Mask::Rejected => {
            let message = "must NOT be the text that hides secrets";
            Err(Detail::pattern(path, message).into())
        }
    }
}

fn flag(value: &Value, path: &str) -> Result<Scalar, Box<Detail>> {
    boolean(value)
        .map(|truth| Scalar::Integer(truth.into()))
        .ok_or_else(|| Detail::wrong_type(path, "boolean").into())
}

fn texts(value: &Value, most: usize, path: &str) -> Result<Scalar, Box<Detail>> {
    let Some(items) = value.as_array() else {
        return Err(Detail::wrong_type(path, "array").into());
    };
    if items.len() > most {
        return Err(Detail::pattern(path, &format!("must NOT have more than {most} items")).into());
    }
    let mut kept: Vec<&str> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let item = text(item, MAX_NAME, &format!("{path}/{at}"))?;
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    Ok(Scalar::Text(json!(kept).to_string()))
}

fn object(value: &Value, most: usize, path: &str) -> Result<Scalar, Box<Detail>> {
    if !value.is_object() {
        return Err(Detail::wrong_type(path, "object").into());
    }
    let text = value.to_string();
    if text.len() > most {
        return Err(Detail::too_long(path, most).into());
    }
    Ok(Scalar::Text(text))
}

fn number(value: &Value, least: i64, most: i64, path: &str) -> Result<Scalar, Box<Detail>> {
    let wrong_type = || Detail::wrong_type(path, "integer");
    let number = value.as_number().ok_or_else(wrong_type)?;
    match whole(number) {
        // Too large to be exact.
        None if number.as_f64().is_some_and(|float| float.fract() == 0.0) => {
            Err(Detail::maximum(path, most).into())
        }
        None => Err(wrong_type().into()),
        Some(number) if number < least => Err(Detail::minimum(path, least).into()),
        Some(number) if number > most => Err(Detail::maximum(path, most).into()),
        Some(number) => Ok(Scalar::Integer(number)),
    }
}
