//! The two form types as name and value pairs. Files in a multipart form are passed over.
//!
//! The multipart reader is our own, and strict, because it needs so little: text fields of a body
//! that is already in memory. (The well-kept libraries are built for asynchronous streams.)

use crate::wire::document::{Bounds, Malformed, Pairs};
use crate::wire::incoming::media_essence;

/// How a form is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormType {
    /// `application/x-www-form-urlencoded`
    UrlEncoded,
    /// `multipart/form-data`, with its boundary.
    Multipart(String),
}

/// The most bytes that the headers of a part may have.
const MAX_PART_HEADERS: usize = 4096;
const MAX_BOUNDARY: usize = 70;

const CUT_OFF: Malformed = Malformed::syntax("it ends before its last boundary");

impl FormType {
    /// Whether a content type is a form's; a multipart one without a usable boundary has none that
    /// matches.
    pub fn read(content_type: &str) -> Option<Self> {
        match media_essence(content_type).as_str() {
            "application/x-www-form-urlencoded" => Some(Self::UrlEncoded),
            "multipart/form-data" => Some(Self::Multipart(
                parameter(content_type, "boundary")
                    .unwrap_or_default()
                    .to_owned(),
            )),
            _ => None,
        }
    }

    /// The media type, without parameters.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UrlEncoded => "application/x-www-form-urlencoded",
            Self::Multipart(_) => "multipart/form-data",
        }
    }

    /// Reads a body of this type.
    pub fn pairs(&self, text: &str) -> Result<Pairs, Malformed> {
        match self {
            Self::UrlEncoded => Pairs::url_encoded(text),
            Self::Multipart(boundary) => multipart(text, boundary),
        }
    }
}

/// Reads `multipart/form-data` (RFC 7578; the syntax is that of RFC 2046 §5.1.1).
fn multipart(text: &str, boundary: &str) -> Result<Pairs, Malformed> {
    if boundary.is_empty() || boundary.len() > MAX_BOUNDARY {
        return Err(Malformed::syntax("its boundary is missing or too long"));
    }
    let first = format!("--{boundary}");
    let delimiter = format!("\r\n--{boundary}");
    let mut rest = match text.strip_prefix(&first) {
        Some(rest) => rest,
        None => text.split_once(&delimiter).ok_or(CUT_OFF)?.1,
    };
    let mut pairs = Vec::new();
    let mut bounds = Bounds::default();
    while !rest.starts_with("--") {
        // A file counts too, though it is passed over.
        bounds.value()?;
        // Padding after a boundary is allowed; anything else there is another, longer boundary.
        let part = rest.trim_start_matches([' ', '\t']).strip_prefix("\r\n");
        let part = part.ok_or(Malformed::syntax("a boundary does not end its line"))?;
        let (headers, after) = headers(part)?;
        let (content, after) = after.split_once(&delimiter).ok_or(CUT_OFF)?;
        if let Some(name) = field_name(headers)? {
            pairs.push((name, content.to_owned()));
        }
        rest = after;
    }
    Pairs::new(pairs.into_iter())
}

/// A part's header lines, and what comes after the blank line that ends them.
fn headers(part: &str) -> Result<(&str, &str), Malformed> {
    match part.split_once("\r\n\r\n") {
        Some((headers, after)) if headers.len() <= MAX_PART_HEADERS => Ok((headers, after)),
        Some(_) => Err(Malformed::syntax("a part's headers are too long")),
        None => Err(CUT_OFF),
    }
}

/// The name of the text field that the headers introduce; nothing for a file.
fn field_name(headers: &str) -> Result<Option<String>, Malformed> {
    let mut name = None;
    for line in headers.split("\r\n") {
        let (header, value) = line
            .split_once(':')
            .ok_or(Malformed::syntax("a part's header has no colon"))?;
        match header.trim().to_ascii_lowercase().as_str() {
            "content-disposition" if media_essence(value) == "form-data" => {
                if parameter(value, "filename").is_some() || parameter(value, "filename*").is_some()
                {
                    return Ok(None);
                }
                name = parameter(value, "name").map(str::to_owned);
            }
            "content-transfer-encoding"
                if !matches!(media_essence(value).as_str(), "7bit" | "8bit" | "binary") =>
            {
                return Err(Malformed::syntax("a part is encoded"));
            }
            _ => {}
        }
    }
    name.map(Some)
        .ok_or(Malformed::syntax("a part has no name"))
}

/// A parameter of a header's value, without its quotes. Semicolons inside quotes divide nothing.
fn parameter<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = value.split_once(';')?.1;
    loop {
        let (key, after) = rest.split_once('=')?;
        let (found, after) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after
                .split_once(';')
                .map_or((after.trim(), ""), |(token, _)| {
                    (token.trim(), after.get(token.len()..).unwrap_or_default())
                }),
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(found);
        }
        rest = after.split_once(';')?.1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::document::bounds::MAX_VALUES;

    fn read(content_type: &str, body: &str) -> Result<Vec<(String, String)>, Malformed> {
        let pairs = FormType::read(content_type).unwrap().pairs(body);
        pairs.map(|pairs| pairs.into_iter().collect())
    }

    fn pairs(expected: &[(&str, &str)]) -> Result<Vec<(String, String)>, Malformed> {
        Ok(expected
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }

    #[test]
    fn an_url_encoded_form_is_its_pairs() {
        assert_eq!(
            read(
                "Application/X-WWW-Form-Urlencoded; charset=utf-8",
                "userName=a+b%40&x&userName=%C3%BC"
            ),
            pairs(&[("userName", "a b@"), ("x", ""), ("userName", "ü")])
        );
        assert_eq!(FormType::read("text/plain"), None);
    }

    #[test]
    fn the_number_of_pairs_is_limited() {
        let form = |pairs| read("application/x-www-form-urlencoded", &"a&".repeat(pairs));
        assert_eq!(form(MAX_VALUES).map(|pairs| pairs.len()), Ok(MAX_VALUES));
        assert_eq!(
            form(MAX_VALUES + 1),
            Err(Malformed::syntax("it has too many values"))
        );
    }

    #[test]
    fn a_field_with_nul_is_named_whatever_the_form() {
        let nul = || Err(Malformed::Nul("/userName".to_owned()));
        assert_eq!(
            read("application/x-www-form-urlencoded", "userName=a%00"),
            nul()
        );
        let part = "Content-Disposition: form-data; name=\"userName\"\r\n\r\na\0";
        let body = format!("--b\r\n{part}\r\n--b--");
        assert_eq!(read("multipart/form-data; boundary=b", &body), nul());
    }

    #[test]
    fn a_form_as_node_and_python_send_it_is_read() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"userName\"\r\n\r\na\r\nb\r\n\
                    --b\r\ncontent-type: text/plain\r\nContent-Disposition: form-data; name=remember;x=\"y;z\"\r\n\r\n\r\n--b--\r\n";
        let expected = pairs(&[("userName", "a\r\nb"), ("remember", "")]);
        assert_eq!(read("multipart/form-data; boundary=b", body), expected);
        assert_eq!(
            read("multipart/form-data; x=1; Boundary=\"b\"", body),
            expected
        );
        assert_eq!(
            read(
                "multipart/form-data; boundary=b",
                &format!("preamble\r\n{body}")
            ),
            expected
        );
    }

    #[test]
    fn files_are_passed_over() {
        let body = "--b\r\nContent-Disposition: form-data; filename=\"x; name=userName\"; name=\"f\"\r\n\r\nroot\r\n\
                    --b\r\nContent-Disposition: form-data; name=\"a; filename=x\"\r\n\r\n1\r\n--b--";
        assert_eq!(
            read("multipart/form-data;boundary=b", body),
            pairs(&[("a; filename=x", "1")])
        );
    }

    #[test]
    fn what_is_not_multipart_is_refused() {
        let part = "Content-Disposition: form-data; name=\"a\"\r\n\r\n1";
        for body in [
            String::new(),
            "--b".to_owned(),
            format!("--b\r\n{part}"),
            format!("--b\r\n{part}\r\n--b"),
            format!("--b\r\n{part}\r\n--bc\r\n{part}\r\n--b--"),
            format!("--b\n{part}\r\n--b--"),
            "--b\r\n\r\n1\r\n--b--".to_owned(),
            "--b\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--b--".to_owned(),
            format!("--b\r\nContent-Transfer-Encoding: base64\r\n{part}\r\n--b--"),
            format!(
                "--b\r\nx: {}\r\n{part}\r\n--b--",
                "x".repeat(MAX_PART_HEADERS)
            ),
            format!(
                "{}--b--",
                format!("--b\r\n{part}\r\n").repeat(MAX_VALUES + 1)
            ),
        ] {
            assert!(
                read("multipart/form-data; boundary=b", &body).is_err(),
                "{body}"
            );
        }
        for content_type in ["multipart/form-data", "multipart/form-data; boundary="] {
            assert!(read(content_type, "--\r\n").is_err(), "{content_type}");
        }
        let long = "b".repeat(MAX_BOUNDARY + 1);
        assert!(
            read(
                &format!("multipart/form-data; boundary={long}"),
                &format!("--{long}--")
            )
            .is_err()
        );
    }

    /// Quadratic work on these would keep the test suite waiting for minutes.
    #[test]
    fn a_mebibyte_of_anything_is_read_or_refused() {
        let boundary = "-".repeat(MAX_BOUNDARY);
        for piece in [
            "-", "\r\n--", "--b\r\n", "\r\n", "a:b\r\n", "=", "&", "%", ";", "\"", "a=\";",
        ] {
            let mebibyte = piece.repeat(1_048_576 / piece.len());
            let _ = read("multipart/form-data; boundary=b", &mebibyte);
            let _ = read(
                &format!("multipart/form-data; boundary={boundary}"),
                &mebibyte,
            );
            let _ = read(
                "multipart/form-data; boundary=b",
                &format!("--b\r\n{mebibyte}"),
            );
            let _ = read("application/x-www-form-urlencoded", &mebibyte);
            let _ = FormType::read(&format!("multipart/form-data;{mebibyte}"));
        }
    }

    proptest! {
        #[test]
        fn any_text_survives_a_form(name in "[^\"\r\n\\x00]+", value in "[^\\x00\n]*") {
            let body = format!(
                "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n--b--"
            );
            prop_assume!(!value.contains("--b"));
            prop_assert_eq!(
                read("multipart/form-data; boundary=b", &body),
                pairs(&[(&name, &value)])
            );
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*", marks in "(--b|\r\n|[-:;=\"a ])*") {
            let _ = read("multipart/form-data; boundary=b", &text);
            let _ = read("multipart/form-data; boundary=b", &format!("--b{marks}"));
            let _ = read(&format!("multipart/form-data;{text};{marks}"), "x");
        }
    }
}
