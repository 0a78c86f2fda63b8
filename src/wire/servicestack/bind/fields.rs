//! What was given for a DTO's members, and how each becomes the type it is declared as.

use serde_json::{Map, Value};

use crate::auth::secret::Secret;
use crate::wire::document::{Document, json};
use crate::wire::servicestack::failure::ServiceStackFailure;
use crate::wire::servicestack::jsv;

/// A DTO that is asked with.
pub trait Request: Sized {
    /// Its name.
    const NAME: &'static str;
    /// Its members as they are declared, which is how errors name them.
    const MEMBERS: &'static [&'static str];

    /// Takes its members out of what was given.
    fn bind(fields: &mut BoundMembers) -> Self;
}

/// What was given for the members of one DTO, by their declared names.
pub struct BoundMembers {
    members: &'static [&'static str],
    given: Vec<(&'static str, Given)>,
    unbindable: Vec<&'static str>,
}

/// A value, and where it is from: documents and pairs have different rules for what is malformed.
enum Given {
    Document(Value),
    Pair(String),
}

impl BoundMembers {
    pub(super) const fn new(members: &'static [&'static str]) -> Self {
        Self {
            members,
            given: Vec::new(),
            unbindable: Vec::new(),
        }
    }

    /// Takes a document's members, null ones as absent.
    pub(super) fn start(&mut self, document: &Map<String, Value>) {
        for (name, value) in document {
            match self.declared(name) {
                Some(name) if value.is_null() => drop(self.take(name)),
                Some(name) => self.put(name, Given::Document(value.clone())),
                None => {}
            }
        }
    }

    pub(super) fn overwrite_all<'a>(
        &mut self,
        pairs: impl IntoIterator<Item = &'a (String, String)>,
    ) {
        for (name, value) in pairs {
            self.overwrite(name, value);
        }
    }

    /// A pair takes the place of what was there, unless it is empty.
    pub(super) fn overwrite(&mut self, name: &str, value: &str) {
        if let Some(name) = self.declared(name)
            && !value.is_empty()
        {
            self.put(name, Given::Pair(value.to_owned()));
        }
    }

    /// Pairs are taken where nothing was there.
    pub(super) fn fill<'a>(&mut self, pairs: impl IntoIterator<Item = &'a (String, String)>) {
        for (name, value) in pairs {
            if let Some(name) = self.declared(name)
                && !value.is_empty()
                && !self.given.iter().any(|(member, _)| *member == name)
            {
                self.put(name, Given::Pair(value.clone()));
            }
        }
    }

    /// Puts a value in the place of what was there.
    fn put(&mut self, member: &'static str, value: Given) {
        self.take(member);
        self.given.push((member, value));
    }

    fn take(&mut self, member: &str) -> Option<Given> {
        let at = self.given.iter().position(|(name, _)| *name == member)?;
        Some(self.given.swap_remove(at).1)
    }

    fn declared(&self, name: &str) -> Option<&'static str> {
        let mut members = self.members.iter();
        members
            .find(|member| member.eq_ignore_ascii_case(name))
            .copied()
    }

    pub(super) fn finish<T: Request>(mut self) -> Result<T, ServiceStackFailure> {
        let bound = T::bind(&mut self);
        if self.unbindable.is_empty() {
            Ok(bound)
        } else {
            Err(ServiceStackFailure::Unbindable {
                request: T::NAME,
                members: self.unbindable,
            })
        }
    }

    /// Takes a member that is text; a number or a boolean is the text it was written as.
    pub fn text(&mut self, member: &'static str) -> Option<String> {
        match self.take(member)? {
            Given::Pair(text) | Given::Document(Value::String(text)) => Some(text),
            Given::Document(Value::Array(_) | Value::Object(_)) => {
                self.unbindable.push(member);
                None
            }
            Given::Document(scalar) => Some(scalar.to_string()),
        }
    }

    /// Takes a member that is secret.
    pub fn secret(&mut self, member: &'static str) -> Option<Secret> {
        self.text(member).map(Secret::new)
    }

    /// Takes a boolean, in any case. A bad one is dropped from a document, but is an error in a pair.
    pub fn flag(&mut self, member: &'static str) -> Option<bool> {
        match self.take(member)? {
            Given::Document(Value::Bool(flag)) => Some(flag),
            Given::Document(Value::String(text)) => boolean(&text),
            Given::Document(_) => None,
            Given::Pair(text) => {
                let flag = boolean(&text);
                if flag.is_none() {
                    self.unbindable.push(member);
                }
                flag
            }
        }
    }

    /// Takes a whole number.
    pub fn number(&mut self, member: &'static str) -> Option<i64> {
        let text = self.text(member)?;
        let number = text.trim().parse().ok();
        if number.is_none() {
            self.unbindable.push(member);
        }
        number
    }

    /// Takes a list of texts: one of a document, its JSV, or texts with commas between them.
    pub fn list(&mut self, member: &'static str) -> Vec<String> {
        let value = match self.take(member) {
            None => return Vec::new(),
            Some(Given::Pair(text) | Given::Document(Value::String(text))) => {
                let listed = if text.starts_with('[') {
                    text
                } else {
                    format!("[{text}]")
                };
                jsv::read_list(&listed).unwrap_or_default()
            }
            // XML has the elements of a list by their type.
            Some(Given::Document(Value::Object(mut elements))) => {
                elements.remove("string").unwrap_or_default()
            }
            Some(Given::Document(value)) => value,
        };
        let Value::Array(texts) = value else {
            self.unbindable.push(member);
            return Vec::new();
        };
        let texts = texts.into_iter().filter(|text| !text.is_null());
        let texts = texts.map(entry_text);
        texts.filter(|text| !text.is_empty()).collect()
    }

    /// Takes a dictionary: an object, or the JSON or JSV text of one.
    pub fn dictionary(&mut self, member: &'static str) -> Map<String, Value> {
        let value = match self.take(member) {
            None => return Map::new(),
            Some(Given::Pair(text) | Given::Document(Value::String(text))) => {
                if text.is_empty() {
                    return Map::new();
                }
                let jsv = |_| jsv::read_dictionary(&text).and_then(Document::new);
                json::read(&text)
                    .or_else(jsv)
                    .ok()
                    .map(Document::into_value)
            }
            Some(Given::Document(value)) => Some(value),
        };
        let Some(Value::Object(entries)) = value else {
            self.unbindable.push(member);
            return Map::new();
        };
        let entries = entries.into_iter().filter(|(_, value)| !value.is_null());
        entries
            .map(|(key, value)| (key, entry_text(value).into()))
            .collect()
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A dictionary's value is text; what is more than that is its JSV.
fn entry_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => jsv::write(&other),
    }
}
