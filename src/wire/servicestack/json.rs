//! JSON, read by [`serde_json`] behind the limits that the other formats have.

use serde_json::Value;

use super::{MAX_DEPTH, MAX_VALUES, Malformed};

/// Reads a document, if it is not too big or too deep to be one.
pub fn read(text: &str) -> Result<Value, Malformed> {
    let size = Size::of(text);
    if size.values > MAX_VALUES {
        return Err(Malformed("it has too many values"));
    }
    if size.depth > MAX_DEPTH {
        return Err(Malformed("it nests too deep"));
    }
    serde_json::from_str(text).map_err(|_| Malformed("it is not well-formed JSON"))
}

/// What a text would become, found without making any of it: a value is many times as big as the
/// two bytes it may be written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Size {
    /// The most values it may have: empty lists and objects count twice.
    values: usize,
    /// How deep it nests.
    depth: usize,
}

impl Size {
    fn of(text: &str) -> Self {
        let mut size = Self {
            values: 1,
            depth: 0,
        };
        let mut depth = 0_usize;
        let mut in_string = false;
        let mut escaped = false;
        for byte in text.bytes() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b',' => size.values += 1,
                b'[' | b'{' => {
                    size.values += 1;
                    depth += 1;
                    size.depth = size.depth.max(depth);
                }
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        size
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::wire::servicestack::arbitrary::documents;

    #[test]
    fn depth_and_number_of_values_are_limited() {
        let list = |values: usize| format!("[{}]", vec!["0"; values - 1].join(","));
        assert!(read(&list(MAX_VALUES)).is_ok());
        let too_many = Err(Malformed("it has too many values"));
        assert_eq!(read(&list(MAX_VALUES + 1)), too_many);
        assert_eq!(read(&format!("[{}", "{},".repeat(MAX_VALUES))), too_many);
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(
            read(&nested(MAX_DEPTH + 1)),
            Err(Malformed("it nests too deep"))
        );
    }

    #[test]
    fn what_is_inside_a_string_is_no_value() {
        let text = format!(
            "{{\"a\":\"\\\\\\\"{}\",\"b\":[]}}",
            ",[{".repeat(MAX_VALUES)
        );
        let read = read(&text);
        assert!(read.is_ok_and(|value| value.get("b") == Some(&json!([]))));
        let size = |text| {
            let Size { values, depth } = Size::of(text);
            (values, depth)
        };
        assert_eq!(size("{\"a\":1,\"b\":[2,\"]\\\"[\"]}"), (5, 2));
        assert_eq!(size("\"\\\\\",[]"), (3, 1));
    }

    fn count(value: &Value) -> usize {
        1 + match value {
            Value::Array(elements) => elements.iter().map(count).sum(),
            Value::Object(members) => members.values().map(count).sum(),
            _ => 0,
        }
    }

    proptest! {
        #[test]
        fn no_document_has_more_values_than_were_counted(value in documents("[\\[\\]{},:\\\\\"]*")) {
            let counted = Size::of(&value.to_string()).values;
            prop_assert!((count(&value)..=2 * count(&value)).contains(&counted));
            prop_assert_eq!(read(&value.to_string()), Ok(value));
        }
    }
}
