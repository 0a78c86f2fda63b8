//! Values of the API as people read them.

use serde_json::Value;

use super::screen::{How, Word};
use crate::wire::texts::{Label, Locale};

/// What stands for a value that is not there.
pub const NOTHING: &str = "–";

/// A value as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The text.
    pub text: String,
    /// The look of a word; nothing for what is no word.
    pub tone: Option<&'static str>,
}

/// Shows a property of a row.
pub fn shown(row: &Value, property: &str, how: How, locale: Locale) -> Shown {
    let value = row.get(property).unwrap_or(&Value::Null);
    let text = match how {
        How::Words(words) => {
            if let Some(word) = word_of(words, value) {
                return Shown {
                    text: word.label.of(locale).to_owned(),
                    tone: Some(word.tone),
                };
            }
            text(value, locale)
        }
        How::Moment => minute(&text(value, locale)),
        How::Day => day(&text(value, locale)).to_owned(),
        How::Plain => text(value, locale),
    };
    let text = if text.is_empty() {
        NOTHING.to_owned()
    } else {
        text
    };
    Shown { text, tone: None }
}

/// The word of a value.
fn word_of(words: &'static [Word], value: &Value) -> Option<&'static Word> {
    let value = value.to_string();
    words.iter().find(|word| word.value == value)
}

/// A value as a field has it, and as it is shown if nothing else is said.
pub fn text(value: &Value, locale: Locale) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(truth) => if *truth { Label::Yes } else { Label::No }
            .of(locale)
            .to_owned(),
        Value::Array(items) => {
            let texts: Vec<_> = items.iter().map(|item| text(item, locale)).collect();
            texts.join("\n")
        }
        other => other.to_string(),
    }
}

/// What people know a row by: those of some properties that have a value.
pub fn name(row: &Value, properties: &[&str]) -> String {
    let texts = properties
        .iter()
        .filter_map(|property| row.get(property)?.as_str());
    let texts: Vec<_> = texts.filter(|text| !text.is_empty()).collect();
    texts.join(" ")
}

/// The date of an ISO time.
pub fn day(time: &str) -> &str {
    time.get(..10).unwrap_or(time)
}

/// An ISO time to the minute.
fn minute(time: &str) -> String {
    match time.get(..16) {
        Some(minute) => minute.replace('T', " "),
        None => time.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::pages::admin::plain::word;

    const WORDS: &[Word] = &[
        word("1", Label::Active, "good"),
        word("false", Label::No, ""),
    ];

    #[test]
    fn values_are_shown_as_people_read_them() {
        let row = json!({
            "time": "2026-05-03T03:09:37.777Z", "status": 1, "off": false, "none": null,
            "list": ["a", "b"], "object": {"a": 1}, "first": "Ann", "last": "",
        });
        let show = |property, how| shown(&row, property, how, Locale::En);
        assert_eq!(show("time", How::Moment).text, "2026-05-03 03:09");
        assert_eq!(show("time", How::Day).text, "2026-05-03");
        assert_eq!(show("none", How::Day).text, NOTHING);
        assert_eq!(show("status", How::Words(WORDS)).tone, Some("good"));
        assert_eq!(show("off", How::Words(WORDS)).text, "no");
        assert_eq!(show("object", How::Words(WORDS)).text, "{\"a\":1}");
        assert_eq!(show("list", How::Plain).text, "a\nb");
        for nothing in ["none", "missing", "last"] {
            assert_eq!(show(nothing, How::Plain).text, NOTHING);
        }
        assert_eq!(name(&row, &["first", "last", "none"]), "Ann");
    }
}
