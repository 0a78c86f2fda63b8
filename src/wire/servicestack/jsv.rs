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

use serde_json::{Map, Value};

use super::{MAX_DEPTH, MAX_VALUES, Malformed};

const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];
const QUOTED: [char; 9] = ['"', ':', ',', '{', '}', '[', ']', '\r', '\n'];

/// The shape of a date and time up to its seconds.
const SECONDS: &str = "0000-00-00T00:00:00";

const NO_END: Malformed = Malformed("it ends before its last bracket");

/// Reads a document: an object, and nothing but whitespace after it.
pub fn read(text: &str) -> Result<Value, Malformed> {
    document(text, '{', Reader::object)
}

/// Reads a document that is a list, as a batch of requests is.
pub fn read_list(text: &str) -> Result<Value, Malformed> {
    document(text, '[', Reader::list)
}

fn document<'a>(
    text: &'a str,
    open: char,
    body: fn(&mut Reader<'a>) -> Result<Value, Malformed>,
) -> Result<Value, Malformed> {
    let rest = text
        .strip_prefix(open)
        .ok_or(Malformed("it does not begin with its bracket"))?;
    let mut reader = Reader {
        rest,
        laid_out: rest
            .trim_start_matches([' ', '\t'])
            .starts_with(['\r', '\n']),
        depth: 0,
        values: 0,
    };
    let value = reader.nested(body)?;
    if reader.rest.trim_start_matches(SPACE).is_empty() {
        Ok(value)
    } else {
        Err(Malformed("something follows its last bracket"))
    }
}

/// A place in the text. Every step takes what it has looked at off `rest`, so the work is linear.
struct Reader<'a> {
    rest: &'a str,
    laid_out: bool,
    depth: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    /// Goes one level down; the limit is what keeps the recursion off the end of the stack.
    fn nested(
        &mut self,
        body: fn(&mut Self) -> Result<Value, Malformed>,
    ) -> Result<Value, Malformed> {
        if self.depth == MAX_DEPTH {
            return Err(Malformed("it nests too deep"));
        }
        self.depth += 1;
        let value = body(self);
        self.depth -= 1;
        value
    }

    /// The members, from behind the `{` to behind its `}`.
    fn object(&mut self) -> Result<Value, Malformed> {
        let mut members = Map::new();
        loop {
            self.rest = self.rest.trim_start_matches(SPACE);
            if self.eat('}') {
                return Ok(Value::Object(members));
            }
            let key = self.key()?;
            let value = self.value('}')?;
            members.insert(key, value);
            if self.ends('}')? {
                return Ok(Value::Object(members));
            }
        }
    }

    /// The elements, from behind the `[` to behind its `]`; a comma before it adds a null.
    fn list(&mut self) -> Result<Value, Malformed> {
        let mut elements = Vec::new();
        self.space();
        if self.eat(']') {
            return Ok(Value::Array(elements));
        }
        loop {
            elements.push(self.value(']')?);
            if self.ends(']')? {
                return Ok(Value::Array(elements));
            }
        }
    }

    /// A member's name, and the colon after it. Whitespace around a name is never data.
    fn key(&mut self) -> Result<String, Malformed> {
        if self.eat('"') {
            let key = self.quoted()?;
            self.rest = self.rest.trim_start_matches(SPACE);
            return if self.eat(':') {
                Ok(key)
            } else {
                Err(Malformed("a quoted name has no colon"))
            };
        }
        let (key, rest) = self
            .rest
            .split_once(':')
            .ok_or(Malformed("a name has no colon"))?;
        self.rest = rest;
        Ok(key.trim_matches(SPACE).to_owned())
    }

    /// A value inside brackets that end with `close`.
    fn value(&mut self, close: char) -> Result<Value, Malformed> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(Malformed("it has too many values"));
        }
        self.space();
        if self.eat('"') {
            self.quoted().map(Value::String)
        } else if self.eat('{') {
            self.nested(Self::object)
        } else if self.eat('[') {
            self.nested(Self::list)
        } else {
            self.bare(close)
        }
    }

    /// What is between an opening quote and its closing one; a doubled quote is one of the text.
    fn quoted(&mut self) -> Result<String, Malformed> {
        let mut text = String::new();
        loop {
            let (part, rest) = self
                .rest
                .split_once('"')
                .ok_or(Malformed("a quote is not closed"))?;
            text.push_str(part);
            self.rest = rest;
            if !self.eat('"') {
                return Ok(text);
            }
            text.push('"');
        }
    }

    /// Everything up to a comma or the end of the brackets; null if that is nothing.
    fn bare(&mut self, close: char) -> Result<Value, Malformed> {
        let end = self.rest.find([',', close]).ok_or(NO_END)?;
        let (text, rest) = self.rest.split_at_checked(end).ok_or(NO_END)?;
        self.rest = rest;
        let text = if self.laid_out {
            text.trim_matches(SPACE)
        } else {
            text
        };
        if text.is_empty() {
            Ok(Value::Null)
        } else {
            Ok(Value::String(text.to_owned()))
        }
    }

    /// Takes the comma after a value, or the closing bracket: whether it was the bracket.
    fn ends(&mut self, close: char) -> Result<bool, Malformed> {
        self.space();
        if self.eat(close) {
            Ok(true)
        } else if self.eat(',') {
            Ok(false)
        } else if self.rest.is_empty() {
            Err(NO_END)
        } else {
            Err(Malformed(
                "a value is followed by neither comma nor bracket",
            ))
        }
    }

    /// Skips whitespace where it is not data.
    fn space(&mut self) {
        if self.laid_out {
            self.rest = self.rest.trim_start_matches(SPACE);
        }
    }

    fn eat(&mut self, expected: char) -> bool {
        let rest = self.rest.strip_prefix(expected);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

/// Writes a value, without a space and without the members that are null.
pub fn write(value: &Value) -> String {
    let mut text = String::new();
    push(value, &mut text);
    text
}

fn push(value: &Value, text: &mut String) {
    match value {
        // A null inside a list is the nothing between two commas.
        Value::Null => {}
        Value::Bool(true) => text.push_str("True"),
        Value::Bool(false) => text.push_str("False"),
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::String(string) if is_date_time(string) => text.push_str(string),
        Value::String(string) => {
            push_scalar(string, string.is_empty() || string.contains(QUOTED), text);
        }
        Value::Array(elements) => {
            text.push('[');
            for (index, element) in elements.iter().enumerate() {
                push_comma(index, text);
                push(element, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            let members = members.iter().filter(|(_, value)| !value.is_null());
            for (index, (key, value)) in members.enumerate() {
                push_comma(index, text);
                // Names are trimmed when they are read, so one that ends in a space needs quotes too.
                let padded = key.trim_matches(SPACE).len() != key.len();
                push_scalar(key, key.is_empty() || padded || key.contains(QUOTED), text);
                text.push(':');
                push(value, text);
            }
            text.push('}');
        }
    }
}

fn push_comma(index: usize, text: &mut String) {
    if index > 0 {
        text.push(',');
    }
}

fn push_scalar(string: &str, quoted: bool, text: &mut String) {
    if quoted {
        text.push('"');
        text.push_str(&string.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(string);
    }
}

/// Whether a text is a UTC date and time, which is written bare in spite of its colons.
fn is_date_time(text: &str) -> bool {
    let split = text
        .strip_suffix('Z')
        .and_then(|text| text.split_at_checked(SECONDS.len()));
    let Some((seconds, fraction)) = split else {
        return false;
    };
    let digits = |text: &str| text.chars().all(|char| char.is_ascii_digit());
    let shaped = seconds
        .chars()
        .zip(SECONDS.chars())
        .all(|(char, shape)| match shape {
            '0' => char.is_ascii_digit(),
            _ => char == shape,
        });
    let fraction = match fraction.strip_prefix('.') {
        Some(fraction) => !fraction.is_empty() && digits(fraction),
        None => fraction.is_empty(),
    };
    shaped && fraction
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

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
        serde_json::from_str(include_str!("../../../tests/vectors/jsv.json")).unwrap()
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
            Err(Malformed("it nests too deep"))
        );
        let many = |values: usize| format!("{{a:[{}]}}", ",".repeat(values - 2));
        assert!(read(&many(MAX_VALUES)).is_ok());
        assert_eq!(
            read(&many(MAX_VALUES + 1)),
            Err(Malformed("it has too many values"))
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

    fn values() -> impl Strategy<Value = Value> {
        let text = prop_oneof![".*", "[ \t\r\n\":,{}\\[\\]a]*"];
        let scalar = text.clone().prop_map(Value::String);
        scalar.prop_recursive(6, 60, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                prop::collection::vec((text.clone(), inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_written_reads_back_the_same(value in values()) {
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
