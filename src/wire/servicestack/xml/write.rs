//! The writer: elements in the order and the namespaces that .NET expects.

use quick_xml::escape::partial_escape;
use serde_json::{Map, Value};

use super::read::ENTRY;
use crate::wire::servicestack::pascal_case;

const TYPES: &str = "http://schemas.servicestack.net/types";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";

/// Writes a DTO: every member, nulls included, under its type's name.
pub fn write(type_name: &str, members: &Map<String, Value>) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><{type_name} xmlns:i=\"{INSTANCE}\" xmlns=\"{TYPES}\">"
    );
    for (name, value) in members {
        push(name, value, &mut text);
    }
    text.push_str(&format!("</{type_name}>"));
    text
}

fn push(name: &str, value: &Value, text: &mut String) {
    let tag = pascal_case(name);
    let arrays = format!("{tag} xmlns:d2p1=\"{ARRAYS}\"");
    match value {
        Value::Null => text.push_str(&format!("<{tag} i:nil=\"true\"/>")),
        Value::Bool(flag) => push_element(&tag, &flag.to_string(), text),
        Value::Number(number) => push_element(&tag, &number.to_string(), text),
        Value::String(string) => push_element(&tag, string, text),
        Value::Array(elements) if elements.iter().any(Value::is_object) => {
            let item = match name {
                "errors" => "ResponseError",
                other => other.trim_end_matches('s'),
            };
            push_around(&tag, &tag, text, |text| {
                elements
                    .iter()
                    .for_each(|element| push(item, element, text));
            });
        }
        Value::Array(elements) => push_around(&arrays, &tag, text, |text| {
            for element in elements.iter().filter_map(Value::as_str) {
                push_element("d2p1:string", element, text);
            }
        }),
        Value::Object(entries) if name == "meta" => push_around(&arrays, &tag, text, |text| {
            entries
                .iter()
                .for_each(|(key, value)| push_entry(key, value, text));
        }),
        Value::Object(members) => push_around(&tag, &tag, text, |text| {
            members
                .iter()
                .for_each(|(name, value)| push(name, value, text));
        }),
    }
}

fn push_entry(key: &str, value: &Value, text: &mut String) {
    let entry = format!("d2p1:{ENTRY}");
    push_around(&entry, &entry, text, |text| {
        push_element("d2p1:Key", key, text);
        push_element("d2p1:Value", value.as_str().unwrap_or_default(), text);
    });
}

fn push_around(open: &str, tag: &str, text: &mut String, inside: impl FnOnce(&mut String)) {
    text.push_str(&format!("<{open}>"));
    inside(text);
    text.push_str(&format!("</{tag}>"));
}

fn push_element(tag: &str, content: &str, text: &mut String) {
    let content: String = content.chars().map(printable).collect();
    let content = partial_escape(content);
    text.push_str(&format!("<{tag}>{content}</{tag}>"));
}

/// XML 1.0 has no way to write most control characters.
const fn printable(char: char) -> char {
    match char {
        '\t' | '\n' | '\r' => char,
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        _ => char,
    }
}
