//! CSV: a header row of names and one row of values (RFC 4180).

use ::csv::{ReaderBuilder, StringRecord};
use serde_json::{Map, Value};

use super::{jsv, pascal_case};
use crate::wire::document::{Bounds, Malformed};

/// Reads a header row and a value row; an empty field is null, as there is no other way to write one.
pub fn read(text: &str) -> Result<Value, Malformed> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut rows = reader.records().take(3);
    let mut row = || {
        rows.next()
            .transpose()
            .map_err(|_| Malformed::syntax("its rows differ in length"))
    };
    let (Some(names), Some(values), None) = (row()?, row()?, row()?) else {
        return Err(Malformed::syntax("it is not a header row and a value row"));
    };
    members(&names, &values).map(Value::Object)
}

fn members(names: &StringRecord, values: &StringRecord) -> Result<Map<String, Value>, Malformed> {
    let mut bounds = Bounds::default();
    bounds.value()?;
    let member = |(name, text): (&str, &str)| {
        bounds.value()?;
        let value = match text {
            "" => Value::Null,
            text => Value::String(text.to_owned()),
        };
        Ok((name.trim().to_owned(), value))
    };
    names.iter().zip(values).map(member).collect()
}

/// Writes a DTO; a failure is written as its code and message, and with what a sign-in goes on.
pub fn write(members: &Map<String, Value>) -> String {
    let status = members.get("responseStatus").and_then(Value::as_object);
    let columns: Vec<(&String, &Value)> = match status {
        Some(status) => status
            .iter()
            .filter(|(name, value)| {
                let always = *name == "errorCode" || *name == "message";
                always || (*name == "meta" && !value.is_null())
            })
            .collect(),
        None => members.iter().collect(),
    };
    let names: Vec<String> = columns.iter().map(|(name, _)| pascal_case(name)).collect();
    let values: Vec<String> = columns.iter().map(|(_, value)| field(value)).collect();
    format!("{}\r\n{}\r\n", names.join(","), values.join(","))
}

/// One field. What begins like a list or an object is quoted although RFC 4180 does not ask for it.
fn field(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => jsv::write(other),
    };
    if text.contains(['"', ',', '\r', '\n']) || text.starts_with(['[', '{']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::wire::document::bounds::MAX_VALUES;

    fn written(members: &Value) -> String {
        write(members.as_object().unwrap())
    }

    #[test]
    fn a_request_is_a_header_row_and_a_value_row() {
        assert_eq!(
            read("Provider,UserName,Password,ErrorView\r\ncredentials,\"a\"\"b,c\", p ,\r\n"),
            Ok(json!({
                "Provider": "credentials", "UserName": "a\"b,c", "Password": " p ", "ErrorView": null,
            }))
        );
        assert_eq!(read("a,b\n1,2"), Ok(json!({"a": "1", "b": "2"})));
    }

    #[test]
    fn other_shapes_are_refused() {
        for text in ["", "a,b", "a,b\n1", "a,b\n1,2\n3,4", "a\n1,2", "\n\n"] {
            assert!(read(text).is_err(), "{text:?}");
        }
        let wide = ",".repeat(MAX_VALUES);
        assert_eq!(
            read(&format!("{wide}\n{wide}")),
            Err(Malformed::syntax("it has too many values"))
        );
    }

    #[test]
    fn an_answer_is_its_members_and_a_failure_its_status() {
        assert_eq!(
            written(&json!({
                "userName": "o\"neil", "bearerToken": null, "roles": ["Admin", "a,b"], "permissions": [],
                "rememberMe": true, "responseStatus": null,
            })),
            "UserName,BearerToken,Roles,Permissions,RememberMe,ResponseStatus\r\n\
             \"o\"\"neil\",,\"[Admin,\"\"a,b\"\"]\",\"[]\",True,\r\n"
        );
        assert_eq!(
            written(&json!({
                "userId": null,
                "responseStatus": {"errorCode": "Unauthorized", "message": "No, sir", "errors": []},
            })),
            "ErrorCode,Message\r\nUnauthorized,\"No, sir\"\r\n"
        );
    }

    /// Quadratic work on these would keep the test suite waiting for minutes.
    #[test]
    fn a_mebibyte_of_anything_is_read_or_refused() {
        for piece in [",", "\"", "\n", "\r", "a", "a\n", "\"\"", "\",", "\0", "é"] {
            let mebibyte = piece.repeat(1_048_576 / piece.len());
            let _ = read(&mebibyte);
            let _ = read(&format!("a\n{mebibyte}"));
        }
    }

    proptest! {
        #[test]
        fn text_survives_writing_and_reading(one in ".+", other in "[\",\\r\\n\\[{a]+") {
            let text = written(&json!({ "one": one, "other": other }));
            prop_assert_eq!(read(&text), Ok(json!({ "One": one, "Other": other })));
        }
    }
}
