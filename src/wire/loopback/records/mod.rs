//! Rows of a table as they are administered: what the operations on them read and answer, except the
//! filters, which are in [`super::filter`].

mod body;
pub mod branding;
pub mod models;
mod value;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub use body::{new_row, replacement, update};
pub use models::Bodies;
pub(crate) use models::bodies;

use super::filter::json as shown;
use crate::auth::client::columns::AUTH_CLIENTS;
use crate::auth::table::changes::NewRow;
use crate::auth::table::column::Table;
use crate::auth::table::row::{Scalar, TableRow};
use crate::wire::loopback::failure::{InvalidParameter, LoopbackFailure};

/// The bodies of auth clients.
pub static AUTH_CLIENT: Bodies = bodies!(AUTH_CLIENTS);

/// `loopback.Count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How many rows there are, or were changed.
    pub count: i64,
}

/// Reads an `{id}` of a path that is a number: a whole one of 32 bits, as in the original's schema.
pub fn path_id(text: &str) -> Result<Scalar, LoopbackFailure> {
    text.parse::<i32>()
        .map(|number| Scalar::Integer(number.into()))
        .map_err(|_| {
            let (value, details) = (json!(text).to_string(), Value::Null);
            InvalidParameter {
                name: "id",
                value,
                details,
            }
            .into()
        })
}

/// What is answered to the request that created a row: the only one that shows its secrets.
///
/// What has no value is left out, as in the original; reads show it as null.
pub fn created(table: &Table, row: &TableRow, new: &NewRow) -> Map<String, Value> {
    table
        .columns
        .iter()
        .map(|column| {
            let value = match new.secret(column) {
                Some(secret) => json!(secret.expose()),
                None => shown(column, row),
            };
            (column.property.to_owned(), value)
        })
        .filter(|(_, value)| !value.is_null())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::document::Pairs;
    use crate::wire::loopback::envelope;
    use crate::wire::loopback::filter::{Filter, Projection};

    fn row() -> TableRow {
        let value = |property| match property {
            "clientId" => Some(Scalar::Text("demo-web".to_owned())),
            "deleted" => Some(Scalar::Integer(0)),
            "id" => Some(Scalar::Integer(7)),
            "accessTokenExpiration" => Some(Scalar::Integer(900)),
            "refreshTokenExpiration" => Some(Scalar::Integer(86_400)),
            "authCodeExpiration" => Some(Scalar::Integer(180)),
            "createdOn" => Some(Scalar::Integer(1_577_836_800_123)),
            "modifiedOn" => Some(Scalar::Integer(1_577_923_200_000)),
            _ => None,
        };
        let values = AUTH_CLIENTS
            .columns
            .iter()
            .map(|column| value(column.property));
        TableRow::new(values.collect())
    }

    fn text(members: &Map<String, Value>) -> String {
        serde_json::to_string(members).unwrap()
    }

    #[test]
    fn a_read_shows_nulls_and_masks_secrets_in_the_documented_order() {
        assert_eq!(
            text(&Projection::all(&AUTH_CLIENTS).show(&row())),
            concat!(
                r#"{"deleted":false,"deletedOn":null,"deletedBy":null,"#,
                r#""createdOn":"2020-01-01T00:00:00.123Z","modifiedOn":"2020-01-02T00:00:00.000Z","#,
                r#""id":7,"clientId":"demo-web","clientSecret":"********","secret":"********","#,
                r#""redirectUrl":null,"accessTokenExpiration":900,"#,
                r#""refreshTokenExpiration":86400,"authCodeExpiration":180}"#,
            )
        );
    }

    #[test]
    fn a_creation_tells_the_secrets_and_leaves_out_what_is_not_there() {
        let body = json!({
            "clientId": "demo-web", "clientSecret": "s3cret", "secret": "code key",
            "accessTokenExpiration": 900, "refreshTokenExpiration": 86400,
            "authCodeExpiration": 180,
        });
        let new = new_row(&AUTH_CLIENTS, body.as_object().unwrap()).unwrap();
        assert_eq!(
            text(&created(&AUTH_CLIENTS, &row(), &new)),
            concat!(
                r#"{"deleted":false,"createdOn":"2020-01-01T00:00:00.123Z","#,
                r#""modifiedOn":"2020-01-02T00:00:00.000Z","id":7,"clientId":"demo-web","#,
                r#""clientSecret":"s3cret","secret":"code key","accessTokenExpiration":900,"#,
                r#""refreshTokenExpiration":86400,"authCodeExpiration":180}"#,
            )
        );
    }

    #[test]
    fn fields_choose_what_is_shown_and_not_its_order() {
        let shown = |fields: &str| {
            let pair = ("filter".to_owned(), format!("{{\"fields\":{fields}}}"));
            let query = Pairs::new([pair].into_iter()).unwrap();
            let shown = Filter::parse(&AUTH_CLIENTS, &query)
                .unwrap()
                .fields
                .show(&row());
            shown.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(shown(r#"["clientId","id"]"#), ["id", "clientId"]);
        assert_eq!(
            shown(r#"{"clientId":true,"id":"true"}"#),
            ["id", "clientId"]
        );
        assert_eq!(shown(r#"{"id":true,"deleted":false}"#), ["id"]);
        assert_eq!(shown("{}").len(), 13);
        assert_eq!(shown("[]").len(), 13);
        let without = shown(r#"{"deleted":false,"deletedOn":false}"#);
        assert_eq!(without.len(), 11);
        assert_eq!(without.first().map(String::as_str), Some("deletedBy"));
    }

    #[test]
    fn a_path_id_is_a_whole_number_that_fits() {
        assert_eq!(path_id("3"), Ok(Scalar::Integer(3)));
        assert_eq!(path_id("-1"), Ok(Scalar::Integer(-1)));
        for text in ["abc", "1.5", "", "2147483648", "1e3", "1;drop", "٣", "NaN"] {
            let reply = envelope::reply(&path_id(text).unwrap_err());
            let body: Value = serde_json::from_slice(&reply.body.unwrap()).unwrap();
            assert_eq!(reply.status, 400);
            assert_eq!(
                body["error"]["message"],
                json!(format!("Invalid data \"{text}\" for parameter \"id\"."))
            );
            assert_eq!(body["error"]["code"], "INVALID_PARAMETER_VALUE");
            assert!(body["error"].get("details").is_none());
        }
    }
}
