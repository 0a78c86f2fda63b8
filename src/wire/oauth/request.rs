//! The parameters of a request, from its form, query or JSON body.

use serde_json::{Map, Value};

use super::failure::OAuthFailure;
use crate::auth::oauth::failure::{ErrorCode, Failure};
use crate::auth::oauth::parameters::Parameters;
use crate::error::{Error, ErrorKind};
use crate::wire::document::{Malformed, Pairs, json};
use crate::wire::incoming::{Incoming, media_essence};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// The parameters of a form (RFC 6749 §3.2), none of them twice.
pub fn form(incoming: &Incoming) -> Result<Parameters, OAuthFailure> {
    let parameters = any_form(incoming)?;
    parameters.check_repeats()?;
    Ok(parameters)
}

/// The parameters of a form in which some may be repeated: that is told where the answer goes.
pub fn any_form(incoming: &Incoming) -> Result<Parameters, OAuthFailure> {
    let media = incoming.header("content-type").unwrap_or_default();
    if media_essence(media) != FORM {
        return Err(Failure::invalid_request("the body is not a form").into());
    }
    let text = incoming.text()?;
    let pairs = Pairs::url_encoded(text).map_err(malformed)?;
    Ok(Parameters::new(pairs))
}

/// The parameters of the query, some of which may be repeated.
pub fn query(incoming: &Incoming) -> Parameters {
    Parameters::new(incoming.query_pairs())
}

/// The metadata of a client (RFC 7591 §3.1).
pub fn client_metadata(incoming: &Incoming) -> Result<Map<String, Value>, OAuthFailure> {
    const WRONG: Failure = Failure::new(
        ErrorCode::InvalidClientMetadata,
        "the body is not a JSON object",
    );
    let media = incoming.header("content-type").unwrap_or_default();
    if media_essence(media) != JSON {
        return Err(WRONG.into());
    }
    let document = json::read(incoming.document_text()?).map_err(|_| WRONG)?;
    match document.into_value() {
        Value::Object(members) => Ok(members),
        _ => Err(WRONG.into()),
    }
}

fn malformed(why: Malformed) -> Error {
    match why {
        Malformed::Syntax(why) => ErrorKind::Syntax(why.into_owned()).into(),
        Malformed::Nul(_) => ErrorKind::Syntax("it contains U+0000".to_owned()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::incoming::{Body, Method};

    fn post(media: Option<&str>, body: &str) -> Incoming {
        let headers = media.map(|media| ("content-type".to_owned(), media.to_owned()));
        let body = Body::Bytes(body.as_bytes().to_vec());
        Incoming::new(
            Method::Post,
            "/oauth/token",
            "code=query&a=1&a=2",
            headers.into_iter().collect(),
            body,
        )
    }

    #[test]
    fn a_form_is_read_from_the_body_alone() {
        let read = form(&post(
            Some("application/x-www-form-urlencoded; charset=UTF-8"),
            "a=b+c&d=%C3%BC",
        ));
        let read = read.unwrap_or_else(|why| panic!("{why:?}"));
        assert_eq!(
            (read.get("a"), read.get("d"), read.get("code")),
            (Some("b c"), Some("ü"), None)
        );
    }

    #[test]
    fn another_media_type_a_repetition_and_nul_are_invalid_requests() {
        for (media, body) in [
            (None, "a=b"),
            (Some("application/json"), "{}"),
            (Some("multipart/form-data"), "a=b"),
            (Some(FORM), "a=b&a=c"),
            (Some(FORM), "a=%00"),
            (Some(FORM), &"a&".repeat(1_001)),
        ] {
            let reply = form(&post(media, body)).err().unwrap().reply();
            assert_eq!(reply.status, 400, "{media:?}");
            let body: Value = serde_json::from_slice(&reply.body.unwrap()).unwrap();
            assert_eq!(body["error"], "invalid_request", "{media:?}");
        }
    }

    #[test]
    fn a_repeated_parameter_of_the_query_is_told_later() {
        let read = query(&post(None, ""));
        assert_eq!((read.get("code"), read.get("a")), (Some("query"), None));
        assert!(read.check_repeats().is_err());
    }

    #[test]
    fn client_metadata_are_a_json_object() {
        let read = client_metadata(&post(Some("application/json"), r#"{"client_name":"x"}"#));
        assert_eq!(read.unwrap_or_default().len(), 1);
        for (media, body) in [
            (JSON, "[]"),
            (JSON, ""),
            (JSON, "x"),
            (FORM, "{}"),
            (JSON, r#"{"a":"\u0000"}"#),
        ] {
            let refused = client_metadata(&post(Some(media), body)).err().unwrap();
            assert_eq!(refused.reply().status, 400, "{body}");
        }
    }
}
