//! JSON, read by [`serde_json`] value by value, each counted before it is made.

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{Bounds, Document, Malformed};

/// Reads a document.
pub fn read(text: &str) -> Result<Document, Malformed> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut bounds = Bounds::default();
    JsonReader(&mut bounds)
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        // The library's words say where the text goes wrong, and repeat nothing of it.
        .map_err(|error| Malformed::Syntax(error.to_string().into()))
        .and_then(Document::new)
}

/// Reads one value with all that is in it.
struct JsonReader<'a>(&'a mut Bounds);

impl JsonReader<'_> {
    fn nested<T, E: Error>(
        &mut self,
        inside: impl FnOnce(&mut Bounds) -> Result<T, E>,
    ) -> Result<T, E> {
        self.0.enter().map_err(refused)?;
        let read = inside(self.0);
        self.0.leave();
        read
    }
}

/// A limit in the library's kind of error.
fn refused<E: Error>(why: Malformed) -> E {
    match why {
        Malformed::Syntax(reason) => E::custom(reason),
        Malformed::Nul(path) => E::custom(path),
    }
}

impl<'de> DeserializeSeed<'de> for JsonReader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.0.value().map_err(refused)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonReader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        self.nested(|bounds| {
            let mut list = Vec::new();
            while let Some(item) = items.next_element_seed(JsonReader(bounds))? {
                list.push(item);
            }
            Ok(Value::Array(list))
        })
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        self.nested(|bounds| {
            let mut object = Map::new();
            while let Some(name) = members.next_key::<String>()? {
                object.insert(name, members.next_value_seed(JsonReader(bounds))?);
            }
            Ok(Value::Object(object))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::arbitrary::documents;
    use super::super::bounds::{MAX_DEPTH, MAX_VALUES};
    use super::*;

    fn value(text: &str) -> Result<Value, Malformed> {
        read(text).map(Document::into_value)
    }

    fn says(text: &str, reason: &str) -> bool {
        matches!(read(text), Err(Malformed::Syntax(words)) if words.starts_with(reason))
    }

    #[test]
    fn depth_and_number_of_values_are_limited() {
        let list = |values: usize, item: &str| format!("[{}]", vec![item; values - 1].join(","));
        let object = |values: usize| {
            let members: Vec<String> = (1..values).map(|n| format!("\"{n}\":0")).collect();
            format!("{{{}}}", members.join(","))
        };
        for least in ["0", "[]", "{}", "\"\"", "null"] {
            assert!(read(&list(MAX_VALUES, least)).is_ok(), "{least}");
            let more = list(MAX_VALUES + 1, least);
            assert!(says(&more, "it has too many values"), "{least}");
        }
        assert!(read(&object(MAX_VALUES)).is_ok());
        assert!(says(&object(MAX_VALUES + 1), "it has too many values"));
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(MAX_DEPTH)).is_ok());
        assert!(says(&nested(MAX_DEPTH + 1), "it nests too deep"));
        assert!(says(&"[".repeat(100_000), "it nests too deep"));
    }

    #[test]
    fn what_is_inside_a_string_is_no_value() {
        let text = format!("{{\"a\":\"\\\\\\\"{}\"}}", ",[{".repeat(MAX_VALUES));
        assert!(read(&text).is_ok());
    }

    #[test]
    fn the_last_of_two_members_counts_and_nothing_may_follow() {
        assert_eq!(value("{\"a\":1,\"a\":2}"), Ok(json!({"a": 2})));
        for text in ["", "{}x", "{} {}", "[1,]", "{\"a\":1e99999}", "\"\\ud800\""] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_text() {
        let secret = "hunter2";
        for text in [
            format!("{{\"{secret}"),
            format!("{{{secret}"),
            secret.to_owned(),
        ] {
            let Err(Malformed::Syntax(words)) = read(&text) else {
                panic!("accepted {text}");
            };
            assert!(
                words.contains("line 1 column") && !words.contains(secret),
                "{words}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_value_is_read_as_the_library_reads_it(document in documents("[\\[\\]{},:\\\\\"]*"), number in any::<f64>(), whole in any::<i64>()) {
            let text = json!({"a": document, "b": [number, whole, null, true]}).to_string();
            let library: Value = serde_json::from_str(&text).unwrap();
            match value(&text) {
                Ok(read) => prop_assert_eq!(read, library),
                Err(why) => prop_assert!(matches!(why, Malformed::Nul(_)) && text.contains("\\u0000")),
            }
        }
    }
}
