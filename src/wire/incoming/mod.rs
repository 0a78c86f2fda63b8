//! A request as plain data, and the readers that every endpoint shares.

mod body;
mod by_page;
mod check;
mod coding;
mod method;

use percent_encoding::percent_decode_str;

use super::basic::{self, Basic};
use super::document::{Malformed, Pairs};
use crate::auth::secret::Secret;
use crate::auth::token::DeviceInfo;
use crate::error::{Error, ErrorKind};
pub use body::Body;
pub use coding::Coding;
pub use method::Method;

/// The largest body that is taken, in bytes, as it came and decoded.
pub const MAX_BODY: usize = 65_536;

/// The same of an import.
const MAX_IMPORT: usize = 1_048_576;

/// More segments than any path has that means something.
const MAX_SEGMENTS: usize = 8;

/// A request, read once, before anything is decided.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// The method, HEAD folded into GET.
    pub method: Method,
    /// Whether it came as HEAD.
    pub is_head: bool,
    /// Percent-decoded path segments, without the empty one of a trailing slash.
    pub segments: Vec<String>,
    /// Scheme, host and port that the request came to, as the caller says.
    pub base_url: String,
    /// The query, decoded; empty where it is malformed.
    pub query: Pairs,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// What is wrong with the query.
    malformed: Option<Malformed>,
    /// The cookie of the browser whose page asks, in a request that never came from outside.
    browser: Option<Secret>,
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
        let (query, malformed) = match Pairs::url_encoded(query) {
            Ok(query) => (query, None),
            Err(why) => (Pairs::default(), Some(why)),
        };
        Self {
            method,
            is_head: false,
            segments: path
                .split('/')
                .take(MAX_SEGMENTS)
                .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
                .collect(),
            base_url: String::new(),
            query,
            headers,
            body,
            malformed,
            browser: None,
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

    /// How many bytes of a body are taken.
    pub fn max_body(&self) -> usize {
        if self.is_at("/users/import") {
            MAX_IMPORT
        } else {
            MAX_BODY
        }
    }

    /// Whether a browser navigates here: it would rather have a page than anything else.
    pub fn wants_page(&self) -> bool {
        let accept = self.header("accept").unwrap_or_default();
        accept
            .split(',')
            .any(|range| media_essence(range) == "text/html")
    }

    /// Whether the answer is for nobody yet: HEAD, or a browser that fetches ahead (`Sec-Purpose`).
    pub fn is_speculative(&self) -> bool {
        let purpose = self
            .header("sec-purpose")
            .or_else(|| self.header("purpose"));
        self.is_head || purpose.is_some_and(|purpose| purpose.contains("prefetch"))
    }

    /// The last path segment: the `{id}` of the patterns that have one.
    pub fn id(&self) -> &str {
        self.segments.last().map_or("", String::as_str)
    }

    /// A path segment, the first being 0.
    pub fn segment(&self, at: usize) -> &str {
        self.segments.get(at).map_or("", String::as_str)
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
        self.query.iter().cloned()
    }

    /// The first value of a query parameter.
    pub fn query(&self, name: &str) -> Option<String> {
        let mut pairs = self.query.iter();
        let pair = pairs.find(|(other, _)| other == name);
        pair.map(|(_, value)| value.clone())
    }

    /// A query parameter that must be there and not be empty.
    pub fn required_query(&self, name: &'static str) -> Result<String, Error> {
        self.query(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| ErrorKind::MissingParameter(name).into())
    }

    /// The bearer token (RFC 6750 §2.1): only from the `Authorization` header.
    pub fn bearer(&self) -> Result<Secret, Error> {
        let header = self.header("authorization").ok_or(ErrorKind::NoBearer)?;
        let mut words = header.split(' ');
        let (Some(scheme), Some(token), None) = (words.next(), words.next(), words.next()) else {
            return Err(ErrorKind::BearerMalformed.into());
        };
        if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
            Ok(Secret::new(token))
        } else {
            Err(ErrorKind::NoBearer.into())
        }
    }

    /// Name and secret of HTTP Basic; nothing if the header is missing or of another scheme.
    pub fn basic(&self) -> Option<Result<Basic, basic::MalformedBasic>> {
        self.header("authorization").and_then(basic::read)
    }

    /// The body as text, without the byte order mark that some writers of JSON and XML begin with
    /// (RFC 8259 §8.1).
    pub fn document_text(&self) -> Result<&str, Error> {
        let text = self.text()?;
        Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
    }

    /// What the headers say of the device that a request is from.
    pub fn device_info(&self) -> DeviceInfo {
        let header = |name| {
            let value = self.header(name).filter(|value| !value.is_empty());
            value.map(str::to_owned)
        };
        DeviceInfo {
            device_id: header("device_id"),
            user_agent: header("user-agent"),
        }
    }

    /// The body as text, as it was sent.
    pub fn text(&self) -> Result<&str, Error> {
        let media = self.header("content-type");
        self.body.text(media.unwrap_or_default())
    }
}

/// A media type without its parameters, in lower case.
pub fn media_essence(media: &str) -> String {
    let essence = media.split_once(';').map_or(media, |(essence, _)| essence);
    essence.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

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
            Err(ErrorKind::MissingParameter("token").into())
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
        assert_eq!(bearer("Basic x"), Err(ErrorKind::NoBearer.into()));
        assert_eq!(bearer("Bearer "), Err(ErrorKind::NoBearer.into()));
        assert_eq!(bearer("Bearer"), Err(ErrorKind::BearerMalformed.into()));
        assert_eq!(bearer("Bearer a b"), Err(ErrorKind::BearerMalformed.into()));
        assert_eq!(
            incoming(&[], b"").bearer().err(),
            Some(ErrorKind::NoBearer.into())
        );
    }

    #[test]
    fn a_path_of_many_segments_is_nowhere_and_is_not_kept() {
        let path = "/a".repeat(50_000);
        let many = Incoming::new(Method::Get, &path, "", vec![], Body::Bytes(vec![]));
        assert_eq!(many.segments.len(), MAX_SEGMENTS);
    }

    #[test]
    fn another_charset_is_refused_where_it_makes_a_difference() {
        let text = |media: &str, body: &[u8]| {
            let incoming = incoming(&[("content-type", media)], body);
            incoming
                .text()
                .map(str::to_owned)
                .map_err(|error| matches!(error.kind(), ErrorKind::UnsupportedMedia { .. }))
        };
        let latin = "application/x-www-form-urlencoded; charset=ISO-8859-1";
        assert_eq!(text(latin, b"a=b"), Ok("a=b".to_owned()));
        assert_eq!(text(latin, "a=é".as_bytes()), Err(true));
        assert_eq!(
            text("application/json; charset=utf-16", b"\xff\xfe{\0}\0"),
            Err(true)
        );
        for utf8 in [
            "application/json; x=1; Charset=\"UTF-8\"",
            "text/jsv;charset=utf8",
            "text/xml",
        ] {
            assert_eq!(text(utf8, "é".as_bytes()), Ok("é".to_owned()), "{utf8}");
        }
    }
}
