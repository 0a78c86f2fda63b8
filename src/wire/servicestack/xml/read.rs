//! The reader: a stack of open elements over the library's events.

use quick_xml::escape::EscapeError::InvalidCharRef;
use quick_xml::escape::ParseCharRefError::IllegalCharacter;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Error, Reader};
use serde_json::{Map, Value};

use crate::wire::document::{Bounds, Malformed};

/// The element that is one entry of a dictionary.
pub(super) const ENTRY: &str = "KeyValueOfstringstring";
/// The name of an element of a list of texts, which repeats.
const ITEM: &str = "string";

const SYNTAX: Malformed = Malformed::syntax("it is not well-formed XML");

/// Reads a document: an object of the elements inside the root, which may have any name.
pub fn read(text: &str) -> Result<Value, Malformed> {
    let mut reader = Reader::from_str(text);
    let mut document = XmlTree::default();
    loop {
        match reader.read_event().map_err(|_| SYNTAX)? {
            Event::Start(tag) => document.open(&tag)?,
            Event::Empty(tag) => {
                document.open(&tag)?;
                document.close()?;
            }
            Event::End(_) => document.close()?,
            Event::Text(text) => document.text(&text.xml10_content())?,
            Event::CData(text) => document.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => document.text(&resolve(&reference)?)?,
            Event::DocType(_) => return Err(Malformed::syntax("it has a document type")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => return document.root(),
        }
    }
}

/// The text of `&name;` or `&#number;`.
fn resolve(reference: &BytesRef<'_>) -> Result<String, Malformed> {
    match reference.resolve_char_ref() {
        Ok(None) => {}
        Ok(Some(char)) => return Ok(char.to_string()),
        // Not XML either, but no text of any format may have it, and what says so is not here.
        Err(Error::Escape(InvalidCharRef(IllegalCharacter(0)))) => return Ok("\0".to_owned()),
        Err(_) => return Err(SYNTAX),
    }
    let text = match reference.xml10_content().as_ref() {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => return Err(Malformed::syntax("it uses an entity that does not exist")),
    };
    Ok(text.to_owned())
}

/// What has been read so far: the elements that are open, and the root once it is closed.
#[derive(Default)]
struct XmlTree {
    open: Vec<Element>,
    root: Option<Value>,
    bounds: Bounds,
}

/// An element that is open.
struct Element {
    name: String,
    nil: bool,
    text: String,
    members: Map<String, Value>,
}

impl XmlTree {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), Malformed> {
        self.bounds.value()?;
        if self.root.is_some() {
            return Err(Malformed::syntax("it has two roots"));
        }
        self.bounds.enter()?;
        self.open.push(Element {
            name: tag.local_name().into_inner().to_owned(),
            nil: is_nil(tag),
            text: String::new(),
            members: Map::new(),
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Malformed> {
        let element = self.open.pop().ok_or(SYNTAX)?;
        self.bounds.leave();
        let (name, value) = element.member();
        match self.open.last_mut() {
            Some(parent) if name == ITEM => {
                let list = parent.members.entry(name);
                if let Value::Array(items) = list.or_insert_with(|| Value::Array(Vec::new())) {
                    items.push(value);
                }
            }
            Some(parent) => {
                parent.members.insert(name, value);
            }
            None => self.root = Some(value),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Malformed> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim_start_matches('\u{feff}').trim().is_empty() => {}
            None => return Err(Malformed::syntax("it has text outside its root")),
        }
        Ok(())
    }

    fn root(self) -> Result<Value, Malformed> {
        match self.root {
            Some(Value::String(text)) if text.trim().is_empty() => Ok(Value::Object(Map::new())),
            Some(root) => Ok(root),
            None => Err(Malformed::syntax("it ends before its root does")),
        }
    }
}

impl Element {
    /// What the element is in the one around it; a dictionary's entry is named by its key.
    fn member(self) -> (String, Value) {
        if self.name.eq_ignore_ascii_case(ENTRY) {
            let key = self.child("Key").and_then(Value::as_str).map(str::to_owned);
            let value = self.child("Value").cloned();
            return (key.unwrap_or_default(), value.unwrap_or_default());
        }
        let value = if self.nil {
            Value::Null
        } else if self.members.is_empty() {
            Value::String(self.text)
        } else {
            Value::Object(self.members)
        };
        (self.name, value)
    }

    fn child(&self, name: &str) -> Option<&Value> {
        let mut members = self.members.iter();
        members
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

/// Whether an element says that it is null. The library's check for repeated attributes is off:
/// its work grows with their square.
fn is_nil(tag: &BytesStart<'_>) -> bool {
    let mut attributes = tag.attributes();
    attributes.with_checks(false).flatten().any(|attribute| {
        attribute.key.local_name().into_inner() == "nil" && attribute.as_bool() == Some(true)
    })
}
