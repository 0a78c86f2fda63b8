//! A filter as a whole: which members it may have, and what each is read as.

use serde_json::Value;

use super::coerce::{MAX_SAFE_INTEGER, integer};
use super::condition;
use super::fields::Projection;
use super::order;
use super::parameter::{FilterError, Parameter};
use crate::auth::table::column::Table;
use crate::auth::table::condition::Where;
use crate::auth::table::page::Page;
use crate::wire::document::{Pairs, pointer};
use crate::wire::loopback::detail::Detail;
use crate::wire::loopback::failure::LoopbackFailure;

/// The rows of a page unless the filter says how many.
const DEFAULT_LIMIT: i64 = 100;
/// The most rows of a page.
const MAX_LIMIT: i64 = 1_000;

/// The rows to read and the properties to show of them.
#[derive(Debug, Clone)]
pub struct Filter {
    /// The rows that are meant.
    pub rows: Where,
    /// The page of them.
    pub page: Page,
    /// The properties to show.
    pub fields: Projection,
}

impl Filter {
    /// All rows of a table by id, the first 100, whole.
    pub fn all(table: &'static Table) -> Self {
        Self {
            rows: Where::default(),
            page: Page {
                order: Vec::new(),
                limit: DEFAULT_LIMIT,
                skip: 0,
            },
            fields: Projection::all(table),
        }
    }

    /// Reads the `filter` parameter of a query; without one it is all rows by
    /// id, the first 100.
    pub fn parse(table: &'static Table, query: &Pairs) -> Result<Self, LoopbackFailure> {
        let Some(parameter) = Parameter::find("filter", query)? else {
            return Ok(Self::all(table));
        };
        Self::read(table, &parameter.value).map_err(|detail| parameter.refuse(&detail))
    }

    fn read(table: &'static Table, value: &Value) -> Result<Self, FilterError> {
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
        let rows = members.get("where");
        let rows = rows.map(|rows| condition::read(table, rows, "/where"));
        let fields = members.get("fields");
        let fields = fields.map(|fields| Projection::read(table, fields, "/fields"));
        Ok(Self {
            rows: rows.transpose()?.unwrap_or_default(),
            fields: fields
                .transpose()?
                .unwrap_or_else(|| Projection::all(table)),
            page: Page {
                order: order::read(table, members.get("order"), "/order")?,
                limit: limit.unwrap_or(DEFAULT_LIMIT),
                // As in the original, `offset` counts where `skip` is 0.
                skip: skip.filter(|skip| *skip > 0).or(offset).unwrap_or(0),
            },
        })
    }
}

fn within(value: &Value, path: &str, least: i64, most: i64) -> Result<i64, FilterError> {
    match integer(value) {
        None => Err(Detail::wrong_type(path, "integer").into()),
        Some(number) if number < least => Err(Detail::minimum(path, least).into()),
        Some(number) if number > most => Err(Detail::maximum(path, most).into()),
        Some(number) => Ok(number),
    }
}
