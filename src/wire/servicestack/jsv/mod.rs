//! JSV, ServiceStack's own format: JSON without most of its quotes.
//!
//! ```text
//! value  = object / list / scalar
//! object = "{" [ member *( "," member ) ] "}"
//! member = key ":" value
//! list   = "[" [ value *( "," value ) ] "]"
//! scalar = bare / DQUOTE *( any-char-but-DQUOTE / DQUOTE DQUOTE ) DQUOTE
//! bare   = 1*( any char except  " : , { } [ ] CR LF )
//! ```
//!
//! There are no types: every scalar reads as a string, an absent one as null. Whitespace is data,
//! except in a document that is *laid out*: one whose first `{` is followed by spaces or tabs and a
//! line end, as in the documentation's samples. No writer makes such a document by accident,
//! because a line end inside a value is quoted.

mod read;
mod write;

pub use read::{read, read_dictionary, read_list};
pub use write::write;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;
    use crate::wire::document::arbitrary::documents;
    use crate::wire::document::bounds::MAX_VALUES;
    use crate::wire::document::{MAX_DEPTH, Malformed};

    #[derive(Deserialize)]
    struct Vectors {
        write: Vec<Written>,
        read: Vec<Written>,
        refused: Vec<Refused>,
    }

    #[derive(Deserialize)]
    struct Written {
        example: String,
        value: Value,
        text: String,
    }

    #[derive(Deserialize)]
    struct Refused {
        example: String,
        text: String,
    }

    fn vectors() -> Vectors {
        serde_json::from_str(include_str!("../../../../tests/vectors/jsv.json")).unwrap()
    }

    /// What a value reads back as: scalars are strings, and null members are gone.
    fn untyped(value: &Value) -> Value {
        match value {
            Value::Bool(true) => json!("True"),
            Value::Bool(false) => json!("False"),
            Value::Number(number) => json!(number.to_string()),
            Value::Array(elements) => elements.iter().map(untyped).collect(),
            Value::Object(members) => members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key.clone(), untyped(value)))
                .collect(),
            other => other.clone(),
        }
    }

    #[test]
    fn the_worked_examples_are_written_exactly_and_read_back() {
        for Written {
            example,
            value,
            text,
        } in vectors().write
        {
            assert_eq!(write(&value), text, "{example}");
            assert_eq!(read(&text), Ok(untyped(&value)), "{example}");
        }
    }

    #[test]
    fn the_worked_examples_are_read() {
        for Written {
            example,
            value,
            text,
        } in vectors().read
        {
            assert_eq!(read(&text), Ok(value), "{example}");
        }
    }

    #[test]
    fn what_is_not_jsv_is_refused() {
        for Refused { example, text } in vectors().refused {
            assert!(read(&text).is_err(), "{example}");
        }
    }

    #[test]
    fn a_comma_in_a_dictionary_divides_where_a_name_follows() {
        for (text, value) in [
            ("{a:b,c}", json!({"a": "b,c"})),
            ("{a:b,c,d:e,f,g}", json!({"a": "b,c", "d": "e,f,g"})),
            ("{a:b,c:d}", json!({"a": "b", "c": "d"})),
            ("{a:b, c: d}", json!({"a": "b", "c": " d"})),
            ("{a:\"b,c\",d:e}", json!({"a": "b,c", "d": "e"})),
            ("{a:b,\"c,d\":e}", json!({"a": "b", "c,d": "e"})),
            ("{a:b:c,d}", json!({"a": "b:c,d"})),
            ("{a:b,}", json!({"a": "b"})),
            ("{a:,b}", json!({"a": ",b"})),
            ("{a:[b,c],d:e}", json!({"a": ["b", "c"], "d": "e"})),
        ] {
            assert_eq!(read_dictionary(text), Ok(value), "{text}");
        }
        for text in ["{a:b,c", "{a}", "{a:b,\"c}", "{a:\"b\",c}", "a:b,c"] {
            assert!(read_dictionary(text).is_err(), "{text}");
        }
        assert!(read("{a:b,c}").is_err(), "a document is read strictly");
    }

    #[test]
    fn only_a_laid_out_document_loses_its_whitespace() {
        let value = json!({"userName": "foo bar", "meta": {"a": " b "}, "roles": ["x", null]});
        let laid_out =
            "{ \t\r\n userName : foo bar ,\n meta :\n {\n a : \" b \" \n}\n,roles:[ x , \n] }\n";
        assert_eq!(read(laid_out), Ok(value));
        assert_eq!(read("{a: b \n,c:\n}"), Ok(json!({"a": " b \n", "c": "\n"})));
        assert_eq!(read("{ }"), Ok(json!({})));
        assert_eq!(read("{\n}"), Ok(json!({})));
    }

    #[test]
    fn a_list_is_a_document_only_where_one_is_asked_for() {
        assert_eq!(
            read_list("[{a:1},{a:2}]"),
            Ok(json!([{"a": "1"}, {"a": "2"}]))
        );
        assert!(read("[{a:1}]").is_err());
        assert!(read_list("{a:1}").is_err());
    }

    #[test]
    fn depth_and_number_of_values_are_limited() {
        let nested = |depth: usize| format!("{{a:{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(MAX_DEPTH - 1)).is_ok());
        assert_eq!(
            read(&nested(MAX_DEPTH)),
            Err(Malformed::syntax("it nests too deep"))
        );
        let many = |values: usize| format!("{{a:[{}]}}", ",".repeat(values - 3));
        assert!(read(&many(MAX_VALUES)).is_ok());
        assert_eq!(
            read(&many(MAX_VALUES + 1)),
            Err(Malformed::syntax("it has too many values"))
        );
    }

    /// Quadratic work on these would keep the test suite waiting for minutes.
    #[test]
    fn a_mebibyte_of_anything_is_read_or_refused() {
        let pieces = [
            "{",
            "}",
            "[",
            "]",
            "\"",
            ":",
            ",",
            "\r\n",
            " ",
            "\\",
            "\0",
            "a",
            "é",
            "{a:",
            "[{",
            "{\"",
            "\"\"",
            "a:b,",
            "a:{},",
            "\"a\":\"b\",",
            ",\"",
            "a:[,",
        ];
        for piece in pieces {
            let mebibyte = piece.repeat(1_048_576 / piece.len());
            for head in ["", "{", "{\n", "{a:\"", "[", "{a:["] {
                let text = format!("{head}{mebibyte}");
                let _ = (read(&text), read_list(&text));
            }
            let _ = write(&json!({ "a": mebibyte }));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_reads_back_the_same(value in documents("[ \t\r\n\":,{}\\[\\]a]*")) {
            let document = json!({ "value": value });
            prop_assert_eq!(read(&write(&document)), Ok(document));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*", marks in "[{}\\[\\]\":, \na]*") {
            let _ = read(&text);
            let _ = read(&format!("{{{marks}"));
            let _ = read_list(&format!("[{marks}"));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&format!("{{{}", String::from_utf8_lossy(&bytes)));
        }
    }
}
