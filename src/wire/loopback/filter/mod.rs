//! LoopBack's `filter` and `where` over any table (LoopBack 4, "Querying data").
//!
//! A query's pairs become a [`Filter`]: a condition on rows, a page of them, and a [`Projection`], by
//! which each row is shown. Nothing of the pairs gets into SQL: names are looked up among the columns
//! of [`auth::client`](crate::auth::table::column), values are bound.

mod coerce;
mod column;
mod condition;
mod fields;
mod operator;
mod order;
mod parameter;
mod parse;

pub(super) use coerce::{boolean, day, time as instant, whole};
pub use column::{MASK, json};
pub use condition::parse_where;
pub use fields::Projection;
pub(super) use parameter::object;
pub use parse::Filter;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::auth::client::columns::AUTH_CLIENTS;
    use crate::wire::document::Pairs;
    use crate::wire::loopback::envelope;

    fn refused(name: &str, text: &str) -> Value {
        let pairs = Pairs::new([(name.to_owned(), text.to_owned())].into_iter()).unwrap();
        let error = match name {
            "filter" => Filter::parse(&AUTH_CLIENTS, &pairs).map(|_| ()),
            _ => parse_where(&AUTH_CLIENTS, &pairs).map(|_| ()),
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
        let parse = |text: &str| {
            parse_where(
                &AUTH_CLIENTS,
                &Pairs::url_encoded(&format!("where={text}")).unwrap(),
            )
        };
        assert!(
            parse_where(&AUTH_CLIENTS, &Pairs::default())
                .unwrap()
                .is_none()
        );
        assert!(parse("").unwrap().is_none());
        assert!(parse("{}").unwrap().is_some());
    }
}
