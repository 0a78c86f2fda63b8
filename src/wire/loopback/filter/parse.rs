//! A filter as a whole: which members it may have, and what each is read as.

use serde_json::Value;

use super::coerce::{MAX_SAFE_INTEGER, integer};
use super::condition::Where;
use super::fields::Projection;
use super::order;
use super::parameter::{Parameter, Refusal};
use crate::error::{Detail, Error};
use crate::wire::document::{Pairs, pointer};

/// How many rows a page has when the caller does not say.
const DEFAULT_LIMIT: i64 = 100;
/// How many rows a page may have.
const MAX_LIMIT: i64 = 1_000;

/// Which rows to read, in which order, how many, and what to show of them.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Which rows.
    pub rows: Where,
    /// What to show.
    pub fields: Projection,
    pub(super) order: order::Order,
    pub(super) limit: i64,
    pub(super) skip: i64,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            rows: Where::default(),
            fields: Projection::default(),
            order: order::Order::default(),
            limit: DEFAULT_LIMIT,
            skip: 0,
        }
    }
}

impl Filter {
    /// Reads the `filter` parameter of a query; without one it is all rows by
    /// id, the first 100.
    pub fn parse(query: &Pairs) -> Result<Self, Error> {
        let Some(parameter) = Parameter::find("filter", query)? else {
            return Ok(Self::default());
        };
        Self::read(&parameter.value).map_err(|detail| parameter.refuse(&detail))
    }

    fn read(value: &Value) -> Result<Self, Refusal> {
        let Value::Object(members) = value else {
            return Err(Detail::wrong_type("", "object").into());
        };
        for name in members.keys() {
            if !["offset", "limit", "skip", "order", "where", "fields"].contains(&name.as_str()) {
                return Err(Detail::additional("", name).into());
            }
        }
        let bounded = |name: &str, least, most| {
            members
                .get(name)
                .map(|value| within(value, &pointer("", name), least, most))
                .transpose()
        };
        let offset = bounded("offset", 0, MAX_SAFE_INTEGER)?;
        let limit = bounded("limit", 1, MAX_LIMIT)?;
        let skip = bounded("skip", 0, MAX_SAFE_INTEGER)?;
        let rows = members.get("where").map(|rows| Where::read(rows, "/where"));
        let fields = members.get("fields");
        let fields = fields.map(|fields| Projection::read(fields, "/fields"));
        Ok(Self {
            rows: rows.transpose()?.unwrap_or_default(),
            fields: fields.transpose()?.unwrap_or_default(),
            order: order::read(members.get("order"), "/order")?,
            limit: limit.unwrap_or(DEFAULT_LIMIT),
            // As in the original, a `skip` of 0 lets `offset` speak.
            skip: skip.filter(|skip| *skip > 0).or(offset).unwrap_or(0),
        })
    }
}

fn within(value: &Value, path: &str, least: i64, most: i64) -> Result<i64, Refusal> {
    match integer(value) {
        None => Err(Detail::wrong_type(path, "integer").into()),
        Some(number) if number < least => Err(Detail::minimum(path, least).into()),
        Some(number) if number > most => Err(Detail::maximum(path, most).into()),
        Some(number) => Ok(number),
    }
}
