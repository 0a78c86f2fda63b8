//! LoopBack's `filter` and `where` over auth clients (LoopBack 4, "Querying data").
//!
//! The way of one: a query's pairs → [`Filter::parse`] → [`Where::clause`] → [`Filter::page`] →
//! rows → [`Projection::show`]. Where D1 cannot say a condition, [`Where::clause`] is nothing, and
//! [`Where::scan`] with [`Where::select`] find the rows instead. Nothing of what a caller writes
//! gets into SQL: names are looked up in [`COLUMNS`], values are bound.

mod coerce;
mod column;
mod condition;
mod evaluate;
mod fields;
mod operator;
mod order;
mod parameter;
mod pattern;
mod sql;

use serde_json::Value;

pub use coerce::Scalar;
pub(super) use coerce::whole;
pub use column::{COLUMNS, ClientRow, MASK, SELECTED};
pub use condition::Where;
pub use fields::Projection;
pub use order::Direction;
pub use sql::Clause;

use crate::error::{Detail, Error};
use crate::wire::document::{Pairs, pointer};
use coerce::{MAX_SAFE_INTEGER, integer};
use parameter::Parameter;

/// What is wrong with a filter; boxed, because it is large and rare.
type Refusal = Box<Detail>;

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
    order: order::Order,
    limit: i64,
    skip: i64,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::loopback::envelope;

    fn refused(name: &str, text: &str) -> Value {
        let pairs = Pairs::new([(name.to_owned(), text.to_owned())].into_iter()).unwrap();
        let error = match name {
            "filter" => Filter::parse(&pairs).map(|_| ()),
            _ => Where::parse(&pairs).map(|_| ()),
        };
        let reply = envelope::reply(&error.unwrap_err());
        serde_json::from_slice(&reply.body.unwrap()).unwrap()
    }

    #[test]
    fn a_refusal_says_what_was_sent_and_what_is_wrong_with_it() {
        assert_eq!(
            refused("filter", r#"{"limit":0}"#),
            json!({"error": {
                "statusCode": 400,
                "name": "BadRequestError",
                "message": "Invalid data {\"limit\":0} for parameter \"filter\".",
                "code": "INVALID_PARAMETER_VALUE",
                "details": [{"path": "/limit", "code": "minimum", "message": "must be >= 1",
                    "info": {"comparison": ">=", "limit": 1}}],
            }})
        );
        assert_eq!(
            refused("where", "[1]"),
            json!({"error": {
                "statusCode": 400,
                "name": "BadRequestError",
                "message": "Invalid data \"[1]\" for parameter \"where\".",
                "code": "INVALID_PARAMETER_VALUE",
            }})
        );
        assert_eq!(
            refused("where", r#"{"a~/b":1}"#)["error"]["details"][0]["info"],
            json!({"additionalProperty": "a~/b"})
        );
    }

    #[test]
    fn no_where_is_not_the_same_as_all_rows() {
        let parse =
            |text: &str| Where::parse(&Pairs::url_encoded(&format!("where={text}")).unwrap());
        assert!(Where::parse(&Pairs::default()).unwrap().is_none());
        assert!(parse("").unwrap().is_none());
        assert!(parse("{}").unwrap().is_some());
    }
}
