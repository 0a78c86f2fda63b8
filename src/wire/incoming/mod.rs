//! A request as plain data, and the readers that every endpoint shares.

mod method;

use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::basic::{self, Basic};
use super::loopback::validate::{self, Model};
use crate::auth::secret::Secret;
use crate::error::Error;
pub use method::Method;

/// The largest body that is read, in bytes.
pub const MAX_BODY: usize = 1_048_576;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// What came after the headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// The whole body.
    Bytes(Vec<u8>),
    /// More than [`MAX_BODY`]: none of it is kept.
    TooLarge,
}

/// A request, read once, before anything is decided.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// The method, HEAD folded into GET.
    pub method: Method,
    /// Percent-decoded path segments, without the empty one of a trailing slash.
    pub segments: Vec<String>,
    /// The query, as it was sent.
    pub query: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

impl Incoming {
    /// Takes a request apart. `path` and `query` are still percent-encoded.
    pub fn new(
        method: Method,
        path: &str,
        query: &str,
        headers: Vec<(String, String)>,
        body: Body,
    ) -> Self {
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        Self {
            method,
            segments: path
                .split('/')
                .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
                .collect(),
            query: query.to_owned(),
            headers,
            body,
        }
    }

    /// Whether the path is of this pattern; a segment in braces matches any that is not empty.
    pub fn is_at(&self, pattern: &str) -> bool {
        let mut parts = pattern.trim_start_matches('/').split('/');
        let every = self.segments.iter().all(|segment| {
            parts.next().is_some_and(|part| {
                part == segment || (part.starts_with('{') && !segment.is_empty())
            })
        });
        every && parts.next().is_none()
    }

    /// The last path segment: the `{id}` of the patterns that have one.
    pub fn id(&self) -> &str {
        self.segments.last().map_or("", String::as_str)
    }

    /// A header's value, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    /// The query's pairs, decoded, in order.
    pub fn query_pairs(&self) -> impl Iterator<Item = (String, String)> {
        form_urlencoded::parse(self.query.as_bytes()).into_owned()
    }

    /// The first value of a query parameter.
    pub fn query(&self, name: &str) -> Option<String> {
        self.query_pairs()
            .find_map(|(other, value)| (other == name).then_some(value))
    }

    /// A query parameter that must be there and not be empty.
    pub fn required_query(&self, name: &'static str) -> Result<String, Error> {
        self.query(name)
            .filter(|value| !value.is_empty())
            .ok_or(Error::MissingParameter(name))
    }

    /// The bearer token (RFC 6750 §2.1): only from the `Authorization` header.
    pub fn bearer(&self) -> Result<Secret, Error> {
        let header = self.header("authorization").ok_or(Error::NoBearer)?;
        let mut words = header.split(' ');
        let (Some(scheme), Some(token), None) = (words.next(), words.next(), words.next()) else {
            return Err(Error::BearerMalformed);
        };
        if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
            Ok(Secret::new(token))
        } else {
            Err(Error::NoBearer)
        }
    }

    /// Name and secret of HTTP Basic; nothing if the header is missing or of another scheme.
    pub fn basic(&self) -> Option<Result<Basic, basic::Malformed>> {
        self.header("authorization").and_then(basic::read)
    }

    /// The JSON body, checked against its model.
    ///
    /// No body counts as `{}`, and `null` passes with every field absent, as in the original.
    pub fn json<T: DeserializeOwned>(&self, model: &Model) -> Result<T, Error> {
        model_of(model, self.json_value()?)
    }

    /// A form, checked against its model. JSON text that calls itself a form is read too: the API
    /// document's own sample sends it.
    pub fn form<T: DeserializeOwned>(&self, model: &Model) -> Result<T, Error> {
        let text = self.form_text()?;
        if text.trim_start().starts_with('{')
            && let Ok(value) = serde_json::from_str(text)
        {
            return model_of(model, value);
        }
        from_pairs(model, form_urlencoded::parse(text.as_bytes()).into_owned())
    }

    /// The pairs of a form, decoded, in order.
    pub fn form_pairs(&self) -> Result<Vec<(String, String)>, Error> {
        let text = self.form_text()?;
        Ok(form_urlencoded::parse(text.as_bytes())
            .into_owned()
            .collect())
    }

    /// The query, checked against its model.
    pub fn query_as<T: DeserializeOwned>(&self, model: &Model) -> Result<T, Error> {
        from_pairs(model, self.query_pairs())
    }

    fn form_text(&self) -> Result<&str, Error> {
        let media = self.header("content-type").unwrap_or(JSON);
        if media_essence(media) != FORM {
            return Err(Error::UnsupportedMedia {
                got: media.to_owned(),
                expected: FORM,
            });
        }
        self.text()
    }

    fn json_value(&self) -> Result<Value, Error> {
        let media = self.header("content-type").unwrap_or(JSON);
        if media_essence(media) != JSON {
            return Err(Error::UnsupportedMedia {
                got: media.to_owned(),
                expected: JSON,
            });
        }
        // Some clients' writers begin with a byte order mark (RFC 8259 §8.1).
        let text = self.text()?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim().is_empty() {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        serde_json::from_str(text).map_err(|error| Error::Syntax(error.to_string()))
    }

    /// The body as text.
    pub fn text(&self) -> Result<&str, Error> {
        match &self.body {
            Body::TooLarge => Err(Error::TooLarge),
            Body::Bytes(bytes) => std::str::from_utf8(bytes)
                .map_err(|_| Error::Syntax("The body is not UTF-8 text".to_owned())),
        }
    }
}

fn model_of<T: DeserializeOwned>(model: &Model, value: Value) -> Result<T, Error> {
    let object = validate::check(model, value)?;
    serde_json::from_value(Value::Object(object)).map_err(|error| Error::Syntax(error.to_string()))
}

/// Pairs as an object of texts; a name that comes twice has a list, which no model takes.
fn from_pairs<T: DeserializeOwned>(
    model: &Model,
    pairs: impl Iterator<Item = (String, String)>,
) -> Result<T, Error> {
    let mut object = Map::new();
    for (name, value) in pairs {
        let value = match object.remove(&name) {
            None => Value::String(value),
            Some(_) => Value::Array(Vec::new()),
        };
        object.insert(name, value);
    }
    model_of(model, Value::Object(object))
}

/// A media type without its parameters, in lower case.
pub fn media_essence(media: &str) -> String {
    let essence = media.split_once(';').map_or(media, |(essence, _)| essence);
    essence.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::loopback::models;

    fn incoming(headers: &[(&str, &str)], body: &[u8]) -> Incoming {
        let headers = headers
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Incoming::new(
            Method::Post,
            "/auth/login/",
            "a=1&b=%20x&a=2",
            headers,
            Body::Bytes(body.to_vec()),
        )
    }

    #[test]
    fn a_path_is_split_before_it_is_decoded() {
        let get = |path| Incoming::new(Method::Get, path, "", vec![], Body::Bytes(vec![]));
        let path = get("/otp-caches/a%2Fb%20%C3%BC");
        assert_eq!(path.id(), "a/b ü");
        assert!(path.is_at("/otp-caches/{id}"));
        assert!(!path.is_at("/otp-caches"));
        assert!(get("/auth/login/").is_at("/auth/login"));
        assert!(!get("/auth/login//").is_at("/auth/login"));
        assert!(!get("/otp-caches/").is_at("/otp-caches/{id}"));
        assert!(!get("/Auth/login").is_at("/auth/login"));
        assert!(!get("/").is_at("/auth"));
    }

    #[test]
    fn a_query_parameter_is_its_first_value() {
        let request = incoming(&[], b"");
        assert_eq!(request.query("a").as_deref(), Some("1"));
        assert_eq!(request.query("b").as_deref(), Some(" x"));
        assert_eq!(
            request.required_query("token"),
            Err(Error::MissingParameter("token"))
        );
    }

    #[test]
    fn a_bearer_is_two_words() {
        let bearer = |value| {
            incoming(&[("authorization", value)], b"")
                .bearer()
                .map(|token| token.expose().to_owned())
        };
        assert_eq!(bearer("Bearer x.y.z"), Ok("x.y.z".to_owned()));
        assert_eq!(bearer("bEaReR x"), Ok("x".to_owned()));
        assert_eq!(bearer("Basic x"), Err(Error::NoBearer));
        assert_eq!(bearer("Bearer "), Err(Error::NoBearer));
        assert_eq!(bearer("Bearer"), Err(Error::BearerMalformed));
        assert_eq!(bearer("Bearer a b"), Err(Error::BearerMalformed));
        assert_eq!(incoming(&[], b"").bearer().err(), Some(Error::NoBearer));
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
            read("text/plain", b"{}"),
            Err(Error::UnsupportedMedia { got, .. }) if got == "text/plain"
        ));
        assert!(matches!(
            read("application/json", b"{"),
            Err(Error::Syntax(_))
        ));
        assert!(matches!(
            read("application/json", b"\xff"),
            Err(Error::Syntax(_))
        ));
        let deep = "[".repeat(10_000);
        assert!(matches!(
            read("application/json", deep.as_bytes()),
            Err(Error::Syntax(_))
        ));
        assert!(matches!(
            read("application/json", b"[]"),
            Err(Error::Invalid(_))
        ));
        assert!(
            incoming(&[], b"{}")
                .json::<Value>(&models::LOGOUT_REQUEST)
                .is_ok()
        );
    }
}
