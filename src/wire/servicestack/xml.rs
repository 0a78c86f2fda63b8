//! XML as .NET's `DataContractSerializer` writes it; read more leniently than that reads.
//!
//! Elements are found in any order, any case and any namespace. There are no DTDs and so no
//! entities but the five of XML itself.

use quick_xml::Reader;
use quick_xml::escape::partial_escape;
use quick_xml::events::{BytesRef, BytesStart, Event};
use serde_json::{Map, Value};

use super::{MAX_DEPTH, MAX_VALUES, Malformed, pascal_case};

const TYPES: &str = "http://schemas.servicestack.net/types";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
const ENTRY: &str = "KeyValueOfstringstring";

const SYNTAX: Malformed = Malformed("it is not well-formed XML");

/// Reads a document: an object of the elements inside the root, whatever the root is called.
pub fn read(text: &str) -> Result<Value, Malformed> {
    let mut reader = Reader::from_str(text);
    let mut document = Document::default();
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
            Event::DocType(_) => return Err(Malformed("it has a document type")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => return document.root(),
        }
    }
}

/// The text of `&name;` or `&#number;`.
fn resolve(reference: &BytesRef<'_>) -> Result<String, Malformed> {
    if let Some(char) = reference.resolve_char_ref().map_err(|_| SYNTAX)? {
        return Ok(char.to_string());
    }
    let text = match reference.xml10_content().as_ref() {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => return Err(Malformed("it uses an entity that does not exist")),
    };
    Ok(text.to_owned())
}

/// What has been read so far: the elements that are open, and the root once it is closed.
#[derive(Default)]
struct Document {
    open: Vec<Element>,
    root: Option<Value>,
    values: usize,
}

/// An element that is open.
struct Element {
    name: String,
    nil: bool,
    text: String,
    members: Map<String, Value>,
}

impl Document {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), Malformed> {
        self.values += 1;
        if self.root.is_some() {
            return Err(Malformed("it has two roots"));
        }
        if self.values > MAX_VALUES {
            return Err(Malformed("it has too many values"));
        }
        if self.open.len() == MAX_DEPTH {
            return Err(Malformed("it nests too deep"));
        }
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
        let (name, value) = element.member();
        match self.open.last_mut() {
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
            None => return Err(Malformed("it has text outside its root")),
        }
        Ok(())
    }

    fn root(self) -> Result<Value, Malformed> {
        match self.root {
            Some(Value::String(text)) if text.trim().is_empty() => Ok(Value::Object(Map::new())),
            Some(root) => Ok(root),
            None => Err(Malformed("it ends before its root does")),
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
            push_around(&tag, &tag, text, |text| {
                elements
                    .iter()
                    .for_each(|element| push("ResponseError", element, text));
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_as_dotnet_writes_it_is_read() {
        let text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
            <Authenticate xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" \
            xmlns=\"http://schemas.servicestack.net/types\"><provider>credentials</provider>\
            <UserName>a&amp;b &#x41;</UserName><Password> p </Password>\
            <RememberMe>true</RememberMe><AccessToken i:nil=\"true\"/><ErrorView/>\
            <Meta xmlns:d2p1=\"http://schemas.microsoft.com/2003/10/Serialization/Arrays\">\
            <d2p1:KeyValueOfstringstring><d2p1:Key>ignore</d2p1:Key><d2p1:Value>jwt</d2p1:Value>\
            </d2p1:KeyValueOfstringstring><d2p1:KeyValueOfstringstring><d2p1:Key>k</d2p1:Key>\
            <d2p1:Value/></d2p1:KeyValueOfstringstring></Meta></Authenticate>";
        let value = json!({
            "provider": "credentials", "UserName": "a&b A", "Password": " p ", "RememberMe": "true",
            "AccessToken": null, "ErrorView": "", "Meta": {"ignore": "jwt", "k": ""},
        });
        assert_eq!(read(text), Ok(value));
    }

    #[test]
    fn namespaces_comments_and_layout_do_not_matter() {
        let text = "\u{feff}<!-- x --><a:q xmlns:a='urn:x'>\n  <a:userName>u</a:userName>\n  \
            <PASSWORD><![CDATA[<&]]>x</PASSWORD>\n</a:q>\n";
        assert_eq!(read(text), Ok(json!({"userName": "u", "PASSWORD": "<&x"})));
        assert_eq!(read("<Authenticate/>"), Ok(json!({})));
        assert_eq!(read("<Authenticate>\n</Authenticate>"), Ok(json!({})));
    }

    #[test]
    fn there_are_no_document_types() {
        let laughs = "<!DOCTYPE x [<!ENTITY a \"b\">]><x><y>&a;</y></x>";
        assert_eq!(read(laughs), Err(Malformed("it has a document type")));
        assert!(read("<x><y>&a;</y></x>").is_err());
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for text in [
            "",
            "x",
            "<x>",
            "<x></y>",
            "<x/><y/>",
            "<x/>y",
            "</x>",
            "<x>&#x110000;</x>",
            "<x><y></x></y>",
            "<x",
            "<!",
            "&amp;",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_and_number_of_values_are_limited() {
        let nested = |depth| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(read(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(
            read(&nested(MAX_DEPTH + 1)),
            Err(Malformed("it nests too deep"))
        );
        let many = format!("<a>{}</a>", "<b/>".repeat(MAX_VALUES));
        assert_eq!(read(&many), Err(Malformed("it has too many values")));
    }

    /// Quadratic work on these would keep the test suite waiting for minutes.
    #[test]
    fn a_mebibyte_of_anything_is_read_or_refused() {
        for piece in [
            "<",
            ">",
            "&",
            "&amp;",
            "<a>",
            "<a/>",
            "</a>",
            "<![CDATA[",
            "<!--",
            "<?a",
            "a=''",
            " ",
            "x",
            "<a b='",
            " a='x'",
            " b",
            "]]>",
            "\u{feff}",
        ] {
            let mebibyte = piece.repeat(1_048_576 / piece.len());
            for head in ["", "<x>", "<x ", "<x y='"] {
                let _ = read(&format!("{head}{mebibyte}"));
                let _ = read(&format!("{head}{mebibyte}></x>"));
            }
        }
    }

    /// A check for repeated attributes would compare each of these with every other.
    #[test]
    fn a_hundred_thousand_attributes_are_read() {
        let attributes: String = (0..100_000).map(|n| format!(" a{n}=''")).collect();
        let text = format!("<x><y{attributes} i:nil='true'/></x>");
        assert_eq!(read(&text), Ok(json!({"y": null})));
    }

    #[test]
    fn an_answer_is_written_as_dotnet_writes_it() {
        let members = json!({
            "userId": "1", "bearerToken": null, "roles": ["Admin", "a<b"], "permissions": [],
            "responseStatus": {"errorCode": "E", "errors": [{"fieldName": "UserName", "meta": null}]},
            "meta": {"k": "v&\r\n\u{1}"},
        });
        let text = write("AuthenticateResponse", members.as_object().unwrap());
        assert_eq!(
            text,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
             <AuthenticateResponse xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xmlns=\"http://schemas.servicestack.net/types\">\
             <UserId>1</UserId><BearerToken i:nil=\"true\"/>\
             <Roles xmlns:d2p1=\"http://schemas.microsoft.com/2003/10/Serialization/Arrays\">\
             <d2p1:string>Admin</d2p1:string><d2p1:string>a&lt;b</d2p1:string></Roles>\
             <Permissions xmlns:d2p1=\"http://schemas.microsoft.com/2003/10/Serialization/Arrays\">\
             </Permissions>\
             <ResponseStatus><ErrorCode>E</ErrorCode><Errors><ResponseError>\
             <FieldName>UserName</FieldName><Meta i:nil=\"true\"/></ResponseError></Errors>\
             </ResponseStatus>\
             <Meta xmlns:d2p1=\"http://schemas.microsoft.com/2003/10/Serialization/Arrays\">\
             <d2p1:KeyValueOfstringstring><d2p1:Key>k</d2p1:Key>\
             <d2p1:Value>v&amp;&#13;\n\u{fffd}</d2p1:Value></d2p1:KeyValueOfstringstring></Meta>\
             </AuthenticateResponse>"
        );
    }

    proptest! {
        #[test]
        fn text_survives_writing_and_reading(
            string in "[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\u{fffe}\u{ffff}]*",
            key in "[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\u{fffe}\u{ffff}]+",
        ) {
            let written = json!({ "userName": string, "meta": { key.clone(): string } });
            let text = write("Authenticate", written.as_object().unwrap());
            prop_assert_eq!(read(&text), Ok(json!({ "UserName": string, "Meta": { key: string } })));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*", marks in "[<>/&;!?\\[\\]\"'= ax#-]*") {
            let _ = (read(&text), read(&marks), read(&format!("<a>{marks}")));
        }
    }
}
