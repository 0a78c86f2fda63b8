//! Bodies that write rows, read into what they ask for; what breaks a rule is a 422 detail.

use serde_json::{Map, Value};

use super::value::{Mask, new_value};
use crate::auth::table::changes::{Changes, NamedId, NewRow, NewValue, NewValues};
use crate::auth::table::column::Table;
use crate::auth::table::row::Scalar;
use crate::error::ErrorKind;
use crate::wire::loopback::detail::Detail;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::filter::whole;

/// Reads a body that fits the model of a new row.
pub fn new_row(
    table: &'static Table,
    body: &Map<String, Value>,
) -> Result<NewRow, LoopbackFailure> {
    // Only `null`, which fits every model, gets here without the required properties.
    NewRow::new(table, values(table, body, Mask::Rejected)?).map_err(|missing| {
        let details = missing
            .iter()
            .map(|column| Detail::required(column.property));
        LoopbackFailure::InvalidBody(details.collect())
    })
}

/// Reads a body that fits the model of a replacement: what it leaves out becomes null. A secret that is
/// sent as it is shown stays as it is.
pub fn replacement(
    table: &'static Table,
    body: &Map<String, Value>,
) -> Result<Changes, LoopbackFailure> {
    if body.is_empty() {
        new_row(table, body)?;
    }
    let mut changes = changes(table, body)?;
    let absent = table.columns.iter().filter(|column| {
        column.limit.is_some() && column.nullable && !body.contains_key(column.property)
    });
    let nulls = absent.map(|column| (column, NewValue::Plain(None)));
    changes.values.extend(nulls);
    Ok(changes)
}

/// Reads a body that fits the partial model; an empty one is 400. A secret that is sent as it is shown
/// stays as it is.
pub fn update(
    table: &'static Table,
    body: &Map<String, Value>,
) -> Result<Changes, LoopbackFailure> {
    if body.is_empty() {
        return Err(ErrorKind::BadRequest("The request body is empty".to_owned()).into());
    }
    changes(table, body)
}

fn changes(table: &'static Table, body: &Map<String, Value>) -> Result<Changes, LoopbackFailure> {
    let id = body.get("id").filter(|id| !id.is_null());
    Ok(Changes {
        values: values(table, body, Mask::Unchanged)?,
        id: id.map(|id| match id {
            Value::String(text) => NamedId {
                id: Some(Scalar::Text(text.clone())),
                text: text.clone(),
            },
            other => NamedId {
                id: other.as_number().and_then(whole).map(Scalar::Integer),
                text: other.to_string(),
            },
        }),
    })
}

/// The values that a body sets, or all that is wrong with them, in the columns' order.
fn values(
    table: &'static Table,
    body: &Map<String, Value>,
    mask: Mask,
) -> Result<NewValues, LoopbackFailure> {
    let (mut values, mut details) = (Vec::new(), Vec::new());
    for column in table.columns {
        let (Some(limit), Some(value)) = (column.limit, body.get(column.property)) else {
            continue;
        };
        match new_value(column, limit, value, mask) {
            Ok(value) => values.extend(value.map(|value| (column, value))),
            Err(detail) => details.push(*detail),
        }
    }
    if details.is_empty() {
        Ok(values)
    } else {
        Err(LoopbackFailure::InvalidBody(details))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::auth::client::columns::AUTH_CLIENTS;
    use crate::auth::table::changes::written;
    use crate::wire::loopback::envelope;
    use crate::wire::loopback::filter::MASK;
    use crate::wire::loopback::records::AUTH_CLIENT;
    use crate::wire::loopback::validate::check;

    fn body(changes: Value) -> Value {
        let mut body = json!({
            "clientId": "demo-web", "clientSecret": "s3cret", "secret": "code key",
            "redirectUrl": "https://app.example/callback", "accessTokenExpiration": 900,
            "refreshTokenExpiration": 86400, "authCodeExpiration": 180,
        });
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    fn post(changes: Value) -> Result<NewRow, LoopbackFailure> {
        new_row(&AUTH_CLIENTS, &check(&AUTH_CLIENT.new, body(changes))?)
    }

    fn put(changes: Value) -> Result<Changes, LoopbackFailure> {
        replacement(
            &AUTH_CLIENTS,
            &check(&AUTH_CLIENT.replacement, body(changes))?,
        )
    }

    fn patch(body: Value) -> Result<Changes, LoopbackFailure> {
        update(&AUTH_CLIENTS, &check(&AUTH_CLIENT.partial, body)?)
    }

    /// The value that changes write into the column of a property.
    fn plain(changes: &Changes, property: &str) -> Option<Option<Scalar>> {
        match written(&changes.values, property)? {
            NewValue::Plain(value) => Some(value.clone()),
            NewValue::Secret(_) => panic!("{property} is a secret"),
        }
    }

    fn secret_of(
        values: &[(&'static crate::auth::table::column::Column, NewValue)],
        property: &str,
    ) -> Option<String> {
        match written(values, property)? {
            NewValue::Secret(secret) => Some(secret.expose().to_owned()),
            NewValue::Plain(_) => panic!("{property} is no secret"),
        }
    }

    fn integer(number: i64) -> Option<Option<Scalar>> {
        Some(Some(Scalar::Integer(number)))
    }

    fn text_value(text: &str) -> Option<Option<Scalar>> {
        Some(Some(Scalar::Text(text.to_owned())))
    }

    fn codes<T: std::fmt::Debug>(
        result: Result<T, LoopbackFailure>,
    ) -> Vec<(String, &'static str)> {
        match result {
            Err(LoopbackFailure::InvalidBody(details)) => details
                .into_iter()
                .map(|detail| (detail.path, detail.code))
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    fn one(path: &str, code: &'static str) -> Vec<(String, &'static str)> {
        vec![(path.to_owned(), code)]
    }

    #[test]
    fn what_was_read_can_be_sent_back_and_changes_no_secret() {
        let read = json!({
            "deleted": false, "deletedOn": null, "deletedBy": null,
            "createdOn": "2020-01-01T00:00:00.000Z", "modifiedOn": "2020-01-01T00:00:00.000Z",
            "id": 3, "clientId": "demo-web", "clientSecret": MASK, "secret": MASK,
            "redirectUrl": null, "accessTokenExpiration": 900,
            "refreshTokenExpiration": 86400, "authCodeExpiration": 181,
        });
        let full = put(read.clone()).unwrap();
        assert_eq!(secret_of(&full.values, "clientSecret"), None);
        assert_eq!(secret_of(&full.values, "secret"), None);
        assert_eq!(plain(&full, "redirectUrl"), Some(None));
        assert_eq!(plain(&full, "authCodeExpiration"), integer(181));
        assert_eq!(full.for_one(&Scalar::Integer(3)), Ok(()));
        let partial = patch(read).unwrap();
        assert_eq!(secret_of(&partial.values, "clientSecret"), None);
        assert_eq!(secret_of(&partial.values, "secret"), None);
        assert_eq!(plain(&partial, "redirectUrl"), Some(None));
    }

    #[test]
    fn a_replacement_without_a_redirect_url_has_none_and_an_update_keeps_it() {
        let mut whole = body(json!({}));
        whole.as_object_mut().unwrap().remove("redirectUrl");
        let full = replacement(&AUTH_CLIENTS, whole.as_object().unwrap()).unwrap();
        assert_eq!(plain(&full, "redirectUrl"), Some(None));
        assert_eq!(
            secret_of(&full.values, "clientSecret").as_deref(),
            Some("s3cret")
        );
        let partial = patch(json!({"authCodeExpiration": 60})).unwrap();
        assert_eq!(plain(&partial, "redirectUrl"), None);
        assert_eq!(plain(&partial, "clientId"), None);
        assert_eq!(plain(&partial, "authCodeExpiration"), integer(60));
    }

    #[test]
    fn a_new_client_has_what_was_sent() {
        let new = post(json!({"deleted": true, "deletedBy": "me"})).unwrap();
        let secret = |property| secret_of(new.values(), property);
        assert_eq!(secret("clientSecret").as_deref(), Some("s3cret"));
        assert_eq!(secret("secret").as_deref(), Some("code key"));
        let changes = Changes {
            values: new.values().to_vec(),
            id: None,
        };
        for (property, value) in [
            ("clientId", text_value("demo-web")),
            ("redirectUrl", text_value("https://app.example/callback")),
            ("refreshTokenExpiration", integer(86_400)),
            ("deleted", None),
            ("deletedBy", None),
        ] {
            assert_eq!(plain(&changes, property), value, "{property}");
        }
    }

    #[test]
    fn secrets_are_neither_empty_nor_the_mask_of_a_new_client() {
        let path = "/clientSecret";
        assert_eq!(
            codes(post(json!({"clientSecret": ""}))),
            one(path, "minLength")
        );
        assert_eq!(
            codes(put(json!({"clientSecret": ""}))),
            one(path, "minLength")
        );
        assert_eq!(
            codes(patch(json!({"secret": ""}))),
            one("/secret", "minLength")
        );
        assert_eq!(
            codes(post(json!({"clientSecret": MASK}))),
            one(path, "pattern")
        );
        assert_eq!(
            codes(post(json!({"secret": MASK}))),
            one("/secret", "pattern")
        );
        let nine = patch(json!({"secret": "*********"})).unwrap();
        assert_eq!(
            secret_of(&nine.values, "secret").as_deref(),
            Some("*********")
        );
    }

    #[test]
    fn names_are_neither_empty_nor_endless() {
        let path = "/clientId";
        assert_eq!(codes(post(json!({"clientId": ""}))), one(path, "minLength"));
        let long = "é".repeat(256);
        assert_eq!(
            codes(patch(json!({"clientId": long}))),
            one(path, "maxLength")
        );
        assert!(patch(json!({"clientId": "é".repeat(255)})).is_ok());
        assert_eq!(codes(put(json!({"clientId": null}))), one(path, "type"));
    }

    #[test]
    fn lifetimes_are_whole_seconds_up_to_a_year() {
        let path = "/accessTokenExpiration";
        for (seconds, code) in [
            (json!(0), "minimum"),
            (json!(-1), "minimum"),
            (json!(31_536_001), "maximum"),
            (json!(1e300), "maximum"),
            (json!(1.5), "type"),
            (json!("900"), "type"),
            (json!(null), "type"),
        ] {
            let result = patch(json!({"accessTokenExpiration": seconds}));
            assert_eq!(codes(result), one(path, code), "{seconds}");
        }
        for seconds in [json!(1), json!(31_536_000), json!(900.0)] {
            assert!(patch(json!({"accessTokenExpiration": seconds})).is_ok());
        }
    }

    #[test]
    fn redirect_urls_are_checked_and_null_only_where_it_is_read_back() {
        let path = "/redirectUrl";
        for url in [
            "javascript:alert(1)",
            "http://app.example",
            "https://a@b",
            "https://*.preview.example/cb",
        ] {
            assert_eq!(
                codes(patch(json!({"redirectUrl": url}))),
                one(path, "pattern")
            );
        }
        assert_eq!(
            codes(put(json!({"redirectUrl": ""}))),
            one(path, "minLength")
        );
        let long = format!("https://app.example/{}", "x".repeat(2_000));
        assert_eq!(
            codes(put(json!({"redirectUrl": long}))),
            one(path, "maxLength")
        );
        assert_eq!(codes(post(json!({"redirectUrl": null}))), one(path, "type"));
    }

    #[test]
    fn all_that_is_wrong_is_named_in_the_model_s_order() {
        let wrong = json!({"authCodeExpiration": 0, "redirectUrl": "x:y", "clientId": "",
            "secret": MASK});
        assert_eq!(
            codes(post(wrong)),
            [
                ("/clientId".to_owned(), "minLength"),
                ("/secret".to_owned(), "pattern"),
                ("/redirectUrl".to_owned(), "pattern"),
                ("/authCodeExpiration".to_owned(), "minimum"),
            ]
        );
    }

    #[test]
    fn nothing_is_not_a_client() {
        for (model, body) in [
            (&AUTH_CLIENT.new, json!({})),
            (&AUTH_CLIENT.new, json!(null)),
            (&AUTH_CLIENT.replacement, json!({})),
            (&AUTH_CLIENT.replacement, json!(null)),
        ] {
            let post = check(model, body.clone()).and_then(|body| new_row(&AUTH_CLIENTS, &body));
            assert_eq!(codes(post).len(), 6, "{body}");
            let put = check(model, body).and_then(|body| replacement(&AUTH_CLIENTS, &body));
            assert_eq!(codes(put).len(), 6);
        }
        for body in [json!({}), json!(null)] {
            assert!(matches!(
                patch(body).unwrap_err().common(),
                Some(ErrorKind::BadRequest(_))
            ));
        }
        assert_eq!(
            codes(post(json!({"id": 3}))),
            one("", "additionalProperties")
        );
    }

    #[test]
    fn a_body_is_about_the_row_of_its_path() {
        assert_eq!(put(json!({})).unwrap().for_one(&Scalar::Integer(3)), Ok(()));
        assert_eq!(
            patch(json!({"id": 3.0}))
                .unwrap()
                .for_one(&Scalar::Integer(3)),
            Ok(())
        );
        assert_eq!(
            patch(json!({"id": 3}))
                .unwrap()
                .for_one(&Scalar::Integer(3)),
            Ok(())
        );
        let error = put(json!({"id": 5}))
            .unwrap()
            .for_one(&Scalar::Integer(3))
            .unwrap_err();
        let reply: Value =
            serde_json::from_slice(&envelope::reply(&error.into()).body.unwrap()).unwrap();
        assert_eq!(
            reply,
            json!({"error": {"statusCode": 400, "name": "Error",
                "message": "id property (id) cannot be updated from 3 to 5"}})
        );
        assert!(
            patch(json!({"id": 3.5}))
                .unwrap()
                .for_one(&Scalar::Integer(3))
                .is_err()
        );
        assert!(patch(json!({"id": 3})).unwrap().for_many().is_err());
        assert_eq!(patch(json!({"secret": "x"})).unwrap().for_many(), Ok(()));
    }
}
