//! A request's body, read in the format it is in.

use serde_json::{Map, Value};

use super::call::UrlForm;
use super::content::Content;
use super::failure::ServiceStackFailure;
use super::form::FormType;
use super::format::{Format, Media};
use super::{csv, jsv, xml};
use crate::error::ErrorKind;
use crate::wire::document::{Document, Malformed, json};
use crate::wire::incoming::Incoming;

/// Reads the body as the URL says, or else by its content type. `request` names the DTO in errors.
pub fn read(
    incoming: &Incoming,
    url_form: &UrlForm,
    request: &'static str,
) -> Result<Content, ServiceStackFailure> {
    match url_form {
        UrlForm::Route { .. } => read_one(incoming, None, request),
        UrlForm::Predefined { format, batch, .. } if *batch => {
            read_batch(incoming, *format, request).map(Content::Batch)
        }
        UrlForm::Predefined { format, .. } => read_one(incoming, Some(*format), request),
    }
}

/// Reads a form by its content type; anything else as `format`, or by its content type where that
/// is none. A content type we do not know means that there is no body.
///
/// A form that begins with `{` is JSON: samples for the other API label their JSON so.
fn read_one(
    incoming: &Incoming,
    format: Option<Format>,
    request: &'static str,
) -> Result<Content, ServiceStackFailure> {
    let media = match (form_type(incoming), format) {
        (Some(form), _) => {
            let text = text(incoming, form.name(), request)?;
            if !text.trim_start().starts_with('{') {
                return form
                    .pairs(text)
                    .map(Content::Form)
                    .map_err(|why| unreadable(form.name(), request, why));
            }
            Media::JSON
        }
        (None, Some(format)) => format.default_media(),
        (None, None) => match content_type(incoming).and_then(Media::read) {
            Some(media) => media,
            None => return Ok(Content::Nothing),
        },
    };
    let text = text(incoming, media.name, request)?;
    if text.trim().is_empty() {
        return Ok(Content::Nothing);
    }
    let document =
        document(media.format, text).map_err(|why| unreadable(media.name, request, why))?;
    match document.into_value() {
        Value::Null => Ok(Content::Nothing),
        Value::Object(members) => Ok(Content::Document(members)),
        _ => Err(unreadable(
            media.name,
            request,
            Malformed::syntax("it is not an object"),
        )),
    }
}

/// Reads a body that is a list of DTOs, in JSON or JSV.
fn read_batch(
    incoming: &Incoming,
    format: Format,
    request: &'static str,
) -> Result<Vec<Map<String, Value>>, ServiceStackFailure> {
    let media = format.default_media().name;
    let text = text(incoming, media, request)?;
    let list = match format {
        Format::Jsv => jsv::read_list(text).and_then(Document::new),
        _ => json::read(text),
    };
    let list = list.map_err(|why| unreadable(media, request, why))?;
    let refuse = || {
        unreadable(
            media,
            request,
            Malformed::syntax("it is not a list of objects"),
        )
    };
    let Value::Array(elements) = list.into_value() else {
        return Err(refuse());
    };
    let members = |element| match element {
        Value::Object(members) => Ok(members),
        _ => Err(refuse()),
    };
    elements.into_iter().map(members).collect()
}

/// Whether the body is said to be a form.
pub fn is_form(incoming: &Incoming) -> bool {
    form_type(incoming).is_some()
}

fn form_type(incoming: &Incoming) -> Option<FormType> {
    content_type(incoming).and_then(FormType::read)
}

fn content_type(incoming: &Incoming) -> Option<&str> {
    incoming.header("content-type")
}

fn document(format: Format, text: &str) -> Result<Document, Malformed> {
    match format {
        Format::Json => return json::read(text),
        Format::Jsv => jsv::read(text),
        Format::Xml => xml::read(text),
        Format::Csv => csv::read(text),
    }
    .and_then(Document::new)
}

/// The body as text.
fn text<'a>(
    incoming: &'a Incoming,
    media: &'static str,
    request: &'static str,
) -> Result<&'a str, ServiceStackFailure> {
    incoming
        .document_text()
        .map_err(|error| match error.kind() {
            ErrorKind::Syntax(reason) => {
                unreadable(media, request, Malformed::Syntax(reason.clone().into()))
            }
            _ => ServiceStackFailure::Common(error),
        })
}

fn unreadable(media: &'static str, request: &'static str, why: Malformed) -> ServiceStackFailure {
    match why {
        Malformed::Syntax(reason) => ServiceStackFailure::Unreadable {
            media,
            request,
            reason,
        },
        Malformed::Nul(path) => ServiceStackFailure::Nul(path),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::document::Pairs;
    use crate::wire::document::bounds::MAX_VALUES;
    use crate::wire::incoming::{Body, Method};

    fn incoming(content_type: &str, body: &[u8]) -> Incoming {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Incoming::new(
            Method::Post,
            "/auth",
            "",
            headers,
            Body::Bytes(body.to_vec()),
        )
    }

    fn content(
        content_type: &str,
        format: Option<Format>,
        body: &str,
    ) -> Result<Content, ServiceStackFailure> {
        read_one(
            &incoming(content_type, body.as_bytes()),
            format,
            "Authenticate",
        )
    }

    fn document(value: &Value) -> Result<Content, ServiceStackFailure> {
        Ok(Content::Document(value.as_object().unwrap().clone()))
    }

    #[test]
    fn a_body_is_read_by_its_content_type_where_the_url_says_nothing() {
        let expected = document(&json!({"userName": "u"}));
        for (content_type, body) in [
            ("application/json", "{\"userName\":\"u\"}"),
            ("text/json; charset=utf-8", "\u{feff}{\"userName\":\"u\"}"),
            ("application/jsv", "{userName:u}"),
            (
                "text/xml",
                "<Authenticate><userName>u</userName></Authenticate>",
            ),
            ("text/csv", "userName\r\nu\r\n"),
            ("application/x-www-form-urlencoded", " {\"userName\":\"u\"}"),
        ] {
            assert_eq!(
                content(content_type, None, body),
                expected,
                "{content_type}"
            );
        }
        for content_type in ["text/plain", "", "application/octet-stream"] {
            assert_eq!(
                content(content_type, None, "{userName:u}"),
                Ok(Content::Nothing)
            );
        }
    }

    #[test]
    fn a_format_of_the_url_beats_the_content_type_but_for_forms() {
        let json = Some(Format::Json);
        let text = "{\"userName\":\"u\"}";
        let expected = document(&json!({"userName": "u"}));
        assert_eq!(content("text/plain;charset=UTF-8", json, text), expected);
        assert_eq!(content("text/xml", json, text), expected);
        let form = Ok(Content::Form(Pairs::url_encoded("userName=u").unwrap()));
        assert_eq!(
            content("application/x-www-form-urlencoded", json, "userName=u"),
            form
        );
        let multipart =
            "--b\r\nContent-Disposition: form-data; name=\"userName\"\r\n\r\nu\r\n--b--";
        assert_eq!(
            content("multipart/form-data; boundary=b", json, multipart),
            form
        );
    }

    #[test]
    fn an_empty_body_is_nothing() {
        for body in ["", " \r\n", "null"] {
            assert_eq!(
                content("application/json", None, body),
                Ok(Content::Nothing)
            );
        }
    }

    #[test]
    fn what_cannot_be_read_names_its_type_and_dto() {
        let message = |content_type: &str, body: &[u8]| {
            let failure = read_one(&incoming(content_type, body), None, "Authenticate")
                .err()
                .unwrap();
            assert_eq!(
                (failure.status(), failure.error_code()),
                (400, "SerializationException")
            );
            failure.message()
        };
        let start = "Could not deserialize 'application/json' request using Authenticate";
        for body in ["{", "[]", "\"x\"", "userName:foo"] {
            assert!(
                message("application/json", body.as_bytes()).starts_with(start),
                "{body}"
            );
        }
        assert!(message("application/json", b"{\"a\":\"\xff\"}").starts_with(start));
        assert!(message("text/jsv", b"userName:foo").contains("'text/jsv'"));
        assert!(message("multipart/form-data", b"x").contains("'multipart/form-data'"));
        let deep = "[".repeat(100_000);
        assert!(message("application/json", deep.as_bytes()).starts_with(start));
    }

    #[test]
    fn a_body_over_the_limit_is_413_whatever_it_says() {
        for content_type in ["application/json", "application/x-www-form-urlencoded"] {
            let mut request = incoming(content_type, b"");
            request.body = Body::Unread(ErrorKind::TooLarge.into());
            let failure = read_one(&request, None, "Authenticate").err();
            assert_eq!(
                failure,
                Some(ServiceStackFailure::Common(ErrorKind::TooLarge.into()))
            );
        }
    }

    #[test]
    fn a_text_with_nul_is_refused_whatever_the_format() {
        let part = "Content-Disposition: form-data; name=\"userName\"\r\n\r\na\0";
        for (content_type, body) in [
            ("application/json", r#"{"userName":"a\u0000"}"#.to_owned()),
            ("text/jsv", "{userName:a\0}".to_owned()),
            (
                "application/xml",
                "<A><userName>a&#0;</userName></A>".to_owned(),
            ),
            (
                "application/xml",
                "<A><userName>a\0</userName></A>".to_owned(),
            ),
            ("text/csv", "userName\na\0".to_owned()),
            (
                "application/x-www-form-urlencoded",
                "userName=a%00".to_owned(),
            ),
            (
                "multipart/form-data; boundary=b",
                format!("--b\r\n{part}\r\n--b--"),
            ),
        ] {
            let failure = content(content_type, None, &body).err();
            let nul = ServiceStackFailure::Nul("/userName".to_owned());
            assert_eq!(failure.as_ref(), Some(&nul), "{content_type}");
            assert_eq!((nul.status(), nul.error_code()), (400, "ArgumentException"));
            assert_eq!(nul.message(), "'userName' must NOT contain U+0000");
        }
        let batch = incoming("", br#"[{},{"userName":"\u0000"}]"#);
        let failure = read_batch(&batch, Format::Json, "Authenticate").err();
        assert_eq!(
            failure,
            Some(ServiceStackFailure::Nul("/1/userName".to_owned()))
        );
    }

    #[test]
    fn every_format_holds_as_many_values_and_no_more() {
        let repeated = |piece: &str, pieces| vec![piece; pieces].join(",");
        let part = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n";
        for (content_type, own, body) in [
            (
                "application/json",
                2,
                Box::new(|n| format!("{{\"a\":[{}]}}", repeated("1", n)))
                    as Box<dyn Fn(usize) -> String>,
            ),
            (
                "text/jsv",
                2,
                Box::new(|n| format!("{{a:[{}]}}", repeated("1", n))),
            ),
            (
                "application/xml",
                1,
                Box::new(|n| format!("<A>{}</A>", "<b/>".repeat(n))),
            ),
            (
                "text/csv",
                1,
                Box::new(|n| format!("{}\n{}", repeated("a", n), repeated("1", n))),
            ),
            (
                "application/x-www-form-urlencoded",
                0,
                Box::new(|n| "a&".repeat(n)),
            ),
            (
                "multipart/form-data; boundary=b",
                0,
                Box::new(|n| format!("{}--b--", part.repeat(n))),
            ),
        ] {
            let read = |values: usize| content(content_type, None, &body(values - own));
            assert!(read(MAX_VALUES).is_ok(), "{content_type}");
            let failure = read(MAX_VALUES + 1).err().unwrap();
            assert_eq!(failure.error_code(), "SerializationException");
            assert!(
                failure.message().contains("it has too many values"),
                "{}",
                failure.message()
            );
        }
    }

    #[test]
    fn a_batch_is_a_list_of_objects() {
        let batch = |format, body: &str| {
            read_batch(&incoming("", body.as_bytes()), format, "Authenticate")
                .map(|batch| batch.len())
        };
        assert_eq!(batch(Format::Json, "[{},{\"userName\":\"u\"}]"), Ok(2));
        assert_eq!(batch(Format::Jsv, "[{},{userName:u}]"), Ok(2));
        assert_eq!(batch(Format::Json, "[]"), Ok(0));
        for body in ["", "{}", "[1]", "[", "null"] {
            assert!(batch(Format::Json, body).is_err(), "{body}");
        }
    }
}
