//! The writer: what it quotes, and what it leaves out.

use serde_json::Value;

use super::read::SPACE;

/// What a bare scalar cannot contain.
const QUOTED: [char; 9] = ['"', ':', ',', '{', '}', '[', ']', '\r', '\n'];

/// The shape of a date and time up to its seconds.
const SECONDS: &str = "0000-00-00T00:00:00";

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
