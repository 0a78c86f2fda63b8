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
mod parse;
mod pattern;
mod sql;

pub use coerce::Scalar;
pub(super) use coerce::whole;
pub use column::{COLUMNS, ClientRow, MASK, SELECTED};
pub use condition::Where;
pub use fields::Projection;
pub use parse::Filter;
pub use sql::Clause;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::wire::document::Pairs;
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
