//! The body and the query of a request against their models.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::detail::Detail;
use super::failure::LoopbackFailure;
use super::validate::{self, Model};
use crate::error::{Error, ErrorKind};
use crate::wire::document::{Document, Pairs, json};
use crate::wire::incoming::{Incoming, media_essence};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

impl Incoming {
    /// The JSON body, checked against its model.
    ///
    /// No body counts as `{}`, and `null` passes with every field absent, as in the original.
    pub fn json<T: DeserializeOwned>(&self, model: &Model) -> Result<T, LoopbackFailure> {
        read(validate::check(model, self.json_value()?)?)
    }

    /// The JSON body, a list of as many as `most` objects, each checked against the model.
    pub fn json_list<T: DeserializeOwned>(
        &self,
        model: &Model,
        most: usize,
    ) -> Result<Vec<T>, LoopbackFailure> {
        match self.json_value()? {
            Value::Array(items) if items.len() <= most => {
                let checked = |item| read(validate::check(model, item)?);
                items.into_iter().map(checked).collect()
            }
            Value::Array(_) => Err(ErrorKind::BadRequest(format!("At most {most} at once")).into()),
            _ => {
                let detail = Detail::wrong_type("", "array");
                Err(LoopbackFailure::InvalidBody(vec![detail]))
            }
        }
    }

    /// A form. JSON text that calls itself a form is read too: the API document's own sample sends it.
    pub fn form_value(&self) -> Result<Value, LoopbackFailure> {
        let text = self.form_text()?;
        if text.trim_start().starts_with('{') {
            return Ok(json::read(text)?.into_value());
        }
        Ok(from_pairs(Pairs::url_encoded(text)?))
    }

    /// The pairs of a form, decoded, in order.
    pub fn form_pairs(&self) -> Result<Pairs, LoopbackFailure> {
        Ok(Pairs::url_encoded(self.form_text()?)?)
    }

    /// The query.
    pub fn query_value(&self) -> Value {
        from_pairs(self.query.clone())
    }

    fn form_text(&self) -> Result<&str, Error> {
        let media = self.header("content-type").unwrap_or(JSON);
        if media_essence(media) != FORM {
            return Err(ErrorKind::UnsupportedMedia {
                got: media.to_owned(),
                expected: FORM,
            }
            .into());
        }
        self.text()
    }

    /// The JSON body, as it is.
    pub fn json_value(&self) -> Result<Value, LoopbackFailure> {
        let media = self.header("content-type").unwrap_or(JSON);
        if media_essence(media) != JSON {
            return Err(LoopbackFailure::Common(
                ErrorKind::UnsupportedMedia {
                    got: media.to_owned(),
                    expected: JSON,
                }
                .into(),
            ));
        }
        let text = self.document_text()?;
        if text.trim().is_empty() {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        Ok(json::read(text).map(Document::into_value)?)
    }
}

/// Reads what was checked against a model.
pub fn read<T: DeserializeOwned>(members: Map<String, Value>) -> Result<T, LoopbackFailure> {
    serde_json::from_value(Value::Object(members))
        .map_err(|error| ErrorKind::Syntax(error.to_string()).into())
}

/// Pairs as an object of texts; a name that comes twice has a list, which no model takes.
fn from_pairs(pairs: Pairs) -> Value {
    let mut object = Map::new();
    for (name, value) in pairs {
        let value = match object.remove(&name) {
            None => Value::String(value),
            Some(_) => Value::Array(Vec::new()),
        };
        object.insert(name, value);
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::incoming::{Body, Method};
    use crate::wire::loopback::detail::Detail;
    use crate::wire::loopback::models;

    fn incoming(headers: &[(&str, &str)], body: &[u8]) -> Incoming {
        let headers = headers.iter();
        let headers = headers.map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let body = Body::Bytes(body.to_vec());
        Incoming::new(Method::Post, "/", "", headers.collect(), body)
    }

    #[test]
    fn a_text_with_nul_is_named_in_the_422() {
        let refused = |path: &str| Some(LoopbackFailure::InvalidBody(vec![Detail::nul(path)]));
        let json = |body: &[u8]| {
            incoming(&[], body)
                .json::<Value>(&models::LOGIN_REQUEST)
                .err()
        };
        assert_eq!(json(br#"{"username":"a\u0000"}"#), refused("/username"));
        assert_eq!(json(br#"{"data":{"x":["\u0000"]}}"#), refused("/data/x/0"));
        let form = |body: &[u8]| {
            let form = incoming(&[("content-type", FORM)], body);
            form.form_value().err()
        };
        assert_eq!(form(b"client_id=a%00"), refused("/client_id"));
        assert_eq!(form(br#"{"client_id":"\u0000"}"#), refused("/client_id"));
        let pairs = incoming(&[("content-type", FORM)], b"code=%00").form_pairs();
        assert_eq!(pairs.err(), refused("/code"));
    }

    #[test]
    fn json_is_read_as_the_original_reads_it() {
        let read = |media: &str, body: &[u8]| {
            incoming(&[("content-type", media)], body).json::<Value>(&models::LOGOUT_REQUEST)
        };
        assert!(read("application/json", b"").is_ok());
        assert!(read("Application/JSON; charset=utf-8", b"{}").is_ok());
        assert!(read("application/json", b"null").is_ok());
        assert!(matches!(
            read("text/plain", b"{}").unwrap_err().common(),
            Some(ErrorKind::UnsupportedMedia { got, .. }) if got == "text/plain"
        ));
        assert!(matches!(
            read("application/json", b"{").unwrap_err().common(),
            Some(ErrorKind::Syntax(_))
        ));
        assert!(matches!(
            read("application/json", b"\xff").unwrap_err().common(),
            Some(ErrorKind::Syntax(_))
        ));
        let deep = "[".repeat(10_000);
        assert!(matches!(
            read("application/json", deep.as_bytes())
                .unwrap_err()
                .common(),
            Some(ErrorKind::Syntax(_))
        ));
        assert!(matches!(
            read("application/json", b"[]"),
            Err(LoopbackFailure::InvalidBody(_))
        ));
        assert!(
            incoming(&[], b"{}")
                .json::<Value>(&models::LOGOUT_REQUEST)
                .is_ok()
        );
    }
}
