//! Bodies about auth clients, read into what they ask for; what breaks a rule is a 422 detail.

use serde_json::{Map, Value};

use crate::auth::client::changes::{
    AuthClientChanges, NamedId, NewAuthClient, NewValue, NewValues,
};
use crate::auth::client::column::{COLUMNS, Column, ColumnKind, Limit};
use crate::auth::client::row::Scalar;
use crate::auth::id::ClientNumber;
use crate::auth::redirect_url::RedirectUrl;
use crate::auth::secret::Secret;
use crate::error::Error;
use crate::wire::loopback::detail::Detail;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::filter::{MASK, whole};

/// Reads a body that fits [`AUTH_CLIENT_EXCLUDING_ID`](super::AUTH_CLIENT_EXCLUDING_ID).
pub fn new_client(body: &Map<String, Value>) -> Result<NewAuthClient, LoopbackFailure> {
    // Only `null`, which fits every model, gets here without the required properties.
    NewAuthClient::new(values(body, Mask::Rejected)?).map_err(|missing| {
        let details = missing
            .iter()
            .map(|column| Detail::required(column.property));
        LoopbackFailure::InvalidBody(details.collect())
    })
}

/// Reads a body that fits [`AUTH_CLIENT`](super::AUTH_CLIENT), a replacement: what it leaves out
/// becomes null. A secret that is sent as it is shown stays as it is.
pub fn replacement(body: &Map<String, Value>) -> Result<AuthClientChanges, LoopbackFailure> {
    if body.is_empty() {
        new_client(body)?;
    }
    let mut changes = changes(body)?;
    let absent = COLUMNS.iter().filter(|column| {
        column.limit.is_some() && !column.required && !body.contains_key(column.property)
    });
    let nulls = absent.map(|column| (column, NewValue::Plain(None)));
    changes.values.extend(nulls);
    Ok(changes)
}

/// Reads a body that fits [`AUTH_CLIENT_PARTIAL`](super::AUTH_CLIENT_PARTIAL); an empty one is
/// 400. A secret that is sent as it is shown stays as it is.
pub fn update(body: &Map<String, Value>) -> Result<AuthClientChanges, LoopbackFailure> {
    if body.is_empty() {
        return Err(Error::BadRequest("The request body is empty".to_owned()).into());
    }
    changes(body)
}

fn changes(body: &Map<String, Value>) -> Result<AuthClientChanges, LoopbackFailure> {
    let id = body.get("id").and_then(Value::as_number);
    Ok(AuthClientChanges {
        values: values(body, Mask::Unchanged)?,
        id: id.map(|id| NamedId {
            number: whole(id).map(ClientNumber::new),
            text: id.to_string(),
        }),
    })
}

/// The meaning of [`MASK`] as a secret.
#[derive(Clone, Copy)]
enum Mask {
    Rejected,
    Unchanged,
}

/// The values that a body sets, or all that is wrong with them, in the columns' order.
fn values(body: &Map<String, Value>, mask: Mask) -> Result<NewValues, LoopbackFailure> {
    let (mut values, mut details) = (Vec::new(), Vec::new());
    for column in COLUMNS {
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

/// Reads a value; nothing where the column stays as it is.
fn new_value(
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
        Limit::Characters(most) => Scalar::Text(text(value, most, &path)?.to_owned()),
        Limit::RedirectUrl(most) => Scalar::Text(redirect_url(value, most, &path)?.to_owned()),
        Limit::UpTo(most) => Scalar::Integer(number(value, most, &path)?),
    };
    Ok(Some(NewValue::Plain(Some(scalar))))
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

fn redirect_url<'a>(value: &'a Value, most: usize, path: &str) -> Result<&'a str, Box<Detail>> {
    let text = text(value, most, path)?;
    if RedirectUrl::parse(text).is_none() {
        let message = "must be https, http on loopback, or a custom scheme with a dot, \
            without userinfo, fragment and * in the host";
        return Err(Detail::pattern(path, message).into());
    }
    Ok(text)
}

fn number(value: &Value, most: i64, path: &str) -> Result<i64, Box<Detail>> {
    let wrong_type = || Detail::wrong_type(path, "integer");
    let number = value.as_number().ok_or_else(wrong_type)?;
    match whole(number) {
        // Too large to be exact.
        None if number.as_f64().is_some_and(|float| float.fract() == 0.0) => {
            Err(Detail::maximum(path, most).into())
        }
        None => Err(wrong_type().into()),
        Some(number) if number < 1 => Err(Detail::minimum(path, 1).into()),
        Some(number) if number > most => Err(Detail::maximum(path, most).into()),
        Some(number) => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::loopback::auth_clients::{
        AUTH_CLIENT, AUTH_CLIENT_EXCLUDING_ID, AUTH_CLIENT_PARTIAL,
    };
    use crate::wire::loopback::envelope;
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

    fn post(changes: Value) -> Result<NewAuthClient, LoopbackFailure> {
        new_client(&check(&AUTH_CLIENT_EXCLUDING_ID, body(changes))?)
    }

    fn put(changes: Value) -> Result<AuthClientChanges, LoopbackFailure> {
        replacement(&check(&AUTH_CLIENT, body(changes))?)
    }

    fn patch(body: Value) -> Result<AuthClientChanges, LoopbackFailure> {
        update(&check(&AUTH_CLIENT_PARTIAL, body)?)
    }

    /// The value that changes write into the column of a property.
    fn plain(changes: &AuthClientChanges, property: &str) -> Option<Option<Scalar>> {
        match written(&changes.values, property)? {
            NewValue::Plain(value) => Some(value.clone()),
            NewValue::Secret(_) => panic!("{property} is a secret"),
        }
    }

    fn secret_of(values: &[(&'static Column, NewValue)], property: &str) -> Option<String> {
        match written(values, property)? {
            NewValue::Secret(secret) => Some(secret.expose().to_owned()),
            NewValue::Plain(_) => panic!("{property} is no secret"),
        }
    }

    fn written<'a>(
        values: &'a [(&'static Column, NewValue)],
        property: &str,
    ) -> Option<&'a NewValue> {
        let mut values = values.iter();
        values.find_map(|(column, value)| (column.property == property).then_some(value))
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
        assert_eq!(full.for_one(ClientNumber::new(3)), Ok(()));
        let partial = patch(read).unwrap();
        assert_eq!(secret_of(&partial.values, "clientSecret"), None);
        assert_eq!(secret_of(&partial.values, "secret"), None);
        assert_eq!(plain(&partial, "redirectUrl"), Some(None));
    }

    #[test]
    fn a_replacement_without_a_redirect_url_has_none_and_an_update_keeps_it() {
        let mut whole = body(json!({}));
        whole.as_object_mut().unwrap().remove("redirectUrl");
        let full = replacement(whole.as_object().unwrap()).unwrap();
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
        let changes = AuthClientChanges {
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
            (&AUTH_CLIENT_EXCLUDING_ID, json!({})),
            (&AUTH_CLIENT_EXCLUDING_ID, json!(null)),
            (&AUTH_CLIENT, json!({})),
            (&AUTH_CLIENT, json!(null)),
        ] {
            let post = check(model, body.clone()).and_then(|body| new_client(&body));
            assert_eq!(codes(post).len(), 6, "{body}");
            let put = check(model, body).and_then(|body| replacement(&body));
            assert_eq!(codes(put).len(), 6);
        }
        for body in [json!({}), json!(null)] {
            assert!(matches!(
                patch(body),
                Err(LoopbackFailure::Common(Error::BadRequest(_)))
            ));
        }
        assert_eq!(
            codes(post(json!({"id": 3}))),
            one("", "additionalProperties")
        );
    }

    #[test]
    fn a_body_is_about_the_row_of_its_path() {
        assert_eq!(
            put(json!({})).unwrap().for_one(ClientNumber::new(3)),
            Ok(())
        );
        assert_eq!(
            patch(json!({"id": 3.0}))
                .unwrap()
                .for_one(ClientNumber::new(3)),
            Ok(())
        );
        assert_eq!(
            patch(json!({"id": 3}))
                .unwrap()
                .for_one(ClientNumber::new(3)),
            Ok(())
        );
        let error = put(json!({"id": 5}))
            .unwrap()
            .for_one(ClientNumber::new(3))
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
                .for_one(ClientNumber::new(3))
                .is_err()
        );
        assert!(patch(json!({"id": 3})).unwrap().for_many().is_err());
        assert_eq!(patch(json!({"secret": "x"})).unwrap().for_many(), Ok(()));
    }
}
