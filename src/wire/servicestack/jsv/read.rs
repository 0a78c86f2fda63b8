//! The reader: recursive, bounded, and linear in the length of the text.

use serde_json::{Map, Value};

use crate::wire::document::{Bounds, Malformed};

/// What counts as whitespace where whitespace is not data.
pub(super) const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

const NO_END: Malformed = Malformed::syntax("it ends before its last bracket");

/// Reads a document: an object, and nothing but whitespace after it.
pub fn read(text: &str) -> Result<Value, Malformed> {
    document(text, '{', Commas::Divide, JsvReader::object)
}

/// Reads a dictionary of texts, as it is in a field of a form or query. Written by hand,
/// it has commas without quotes: one that no name follows is part of the text before it.
pub fn read_dictionary(text: &str) -> Result<Value, Malformed> {
    document(text, '{', Commas::DivideNames, JsvReader::object)
}

/// Reads a document that is a list, as a batch of requests is.
pub fn read_list(text: &str) -> Result<Value, Malformed> {
    document(text, '[', Commas::Divide, JsvReader::list)
}

fn document<'a>(
    text: &'a str,
    open: char,
    commas: Commas,
    body: fn(&mut JsvReader<'a>) -> Result<Value, Malformed>,
) -> Result<Value, Malformed> {
    let rest = text
        .strip_prefix(open)
        .ok_or(Malformed::syntax("it does not begin with its bracket"))?;
    let mut reader = JsvReader {
        rest,
        commas,
        laid_out: rest
            .trim_start_matches([' ', '\t'])
            .starts_with(['\r', '\n']),
        bounds: Bounds::default(),
    };
    reader.bounds.value()?;
    let value = reader.nested(body)?;
    if reader.rest.trim_start_matches(SPACE).is_empty() {
        Ok(value)
    } else {
        Err(Malformed::syntax("something follows its last bracket"))
    }
}

/// What a comma after a bare value of an object does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Commas {
    /// It ends the value.
    Divide,
    /// It ends the value if a name follows, or nothing more.
    DivideNames,
}

/// A place in the text. Every step takes what it has looked at off `rest`, so the work is linear.
struct JsvReader<'a> {
    rest: &'a str,
    commas: Commas,
    laid_out: bool,
    bounds: Bounds,
}

impl<'a> JsvReader<'a> {
    /// Goes one level down and comes back up.
    fn nested(
        &mut self,
        body: fn(&mut Self) -> Result<Value, Malformed>,
    ) -> Result<Value, Malformed> {
        self.bounds.enter()?;
        let value = body(self);
        self.bounds.leave();
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
                Err(Malformed::syntax("a quoted name has no colon"))
            };
        }
        let (key, rest) = self
            .rest
            .split_once(':')
            .ok_or(Malformed::syntax("a name has no colon"))?;
        self.rest = rest;
        Ok(key.trim_matches(SPACE).to_owned())
    }

    /// A value inside brackets that end with `close`.
    fn value(&mut self, close: char) -> Result<Value, Malformed> {
        self.bounds.value()?;
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
                .ok_or(Malformed::syntax("a quote is not closed"))?;
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
        let end = self.end_of_bare(close).ok_or(NO_END)?;
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

    /// Where a bare value ends: at the end of the brackets, or at a comma that divides.
    fn end_of_bare(&self, close: char) -> Option<usize> {
        let mut end = self.rest.find([',', close])?;
        if self.commas == Commas::Divide || close != '}' {
            return Some(end);
        }
        loop {
            let Some(after) = self.rest.get(end..)?.strip_prefix(',') else {
                return Some(end);
            };
            let next = after.find([':', ',', close])?;
            let (segment, rest) = after.split_at_checked(next)?;
            let quoted = segment.trim_start_matches(SPACE).starts_with('"');
            if rest.starts_with(':') || quoted || segment.trim_matches(SPACE).is_empty() {
                return Some(end);
            }
            end = end.saturating_add(next).saturating_add(1);
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
            Err(Malformed::syntax(
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
