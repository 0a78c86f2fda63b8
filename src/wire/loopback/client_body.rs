//! Bodies that bring a client's credentials: those of a client that keeps no secret have none.

use serde_json::{Map, Value};

use super::failure::LoopbackFailure;
use super::validate::{Model, check_without};

/// The property that proves a client.
pub const SECRET: &str = "client_secret";

/// The client that a body names without a secret, which is absent or empty.
pub fn names_alone(body: &Value) -> Option<&str> {
    let named = body.get("client_id")?.as_str()?;
    let secret = body.get(SECRET).map(Value::as_str);
    matches!(secret, None | Some(Some(""))).then_some(named)
}

/// Checks a body against its model. A public client's has no secret afterwards, every other one has one,
/// be it empty.
pub fn check(
    model: &Model,
    body: Value,
    is_public: bool,
) -> Result<Map<String, Value>, LoopbackFailure> {
    let waived = if is_public { SECRET } else { "" };
    let mut members = check_without(model, body, waived)?;
    if is_public {
        members.remove(SECRET);
    } else if !members.contains_key(SECRET) {
        members.insert(SECRET.to_owned(), Value::String(String::new()));
    }
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::loopback::detail::Detail;
    use crate::wire::loopback::models::{CLIENT_AUTH_QUERY, FORGET_PASSWORD_REQUEST};
    use serde_json::json;

    #[test]
    fn a_client_is_alone_without_a_secret_or_with_an_empty_one() {
        for (body, named) in [
            (json!({"client_id": "app"}), Some("app")),
            (
                json!({"client_id": "app", "client_secret": ""}),
                Some("app"),
            ),
            (json!({"client_id": "app", "client_secret": "x"}), None),
            (json!({"client_id": "app", "client_secret": null}), None),
            (json!({"client_id": 1}), None),
            (json!({"client_secret": ""}), None),
            (json!(["client_id"]), None),
            (Value::Null, None),
        ] {
            assert_eq!(names_alone(&body), named, "{body}");
        }
    }

    #[test]
    fn only_a_public_client_goes_without_its_secret() {
        let read =
            |body: &Value, is_public| check(&FORGET_PASSWORD_REQUEST, body.clone(), is_public);
        let body = json!({"client_id": "app", "username": "ann"});
        assert_eq!(Value::from(read(&body, true).unwrap()), body);
        assert_eq!(
            read(&body, false).err(),
            Some(LoopbackFailure::InvalidBody(vec![Detail::required(SECRET)]))
        );
        let empty = json!({"client_id": "app", "username": "ann", "client_secret": ""});
        assert_eq!(Value::from(read(&empty, true).unwrap()), body);
        assert_eq!(Value::from(read(&empty, false).unwrap()), empty);
        let more = json!({"client_id": "app", "more": 1});
        assert_eq!(
            read(&more, true).err(),
            Some(LoopbackFailure::InvalidBody(vec![
                Detail::required("username"),
                Detail::additional("", "more"),
            ]))
        );
    }

    #[test]
    fn where_the_secret_is_optional_its_absence_is_no_proof() {
        let query = json!({"client_id": "app"});
        let read = check(&CLIENT_AUTH_QUERY, query, false).unwrap();
        assert_eq!(
            Value::from(read),
            json!({"client_id": "app", "client_secret": ""})
        );
        let none = check(&CLIENT_AUTH_QUERY, Value::Null, false).unwrap();
        assert_eq!(Value::from(none), json!({"client_secret": ""}));
    }
}
