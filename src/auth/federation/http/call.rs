//! A call to a provider as plain data, and its answer: what is between is the edge's.

use std::time::Duration;

use std::fmt;

use base64ct::{Base64, Encoding};
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use crate::auth::federation::failure::ProviderFailure;
use crate::auth::jose::invalid::quoted;
use crate::auth::secret::Secret;

/// The most that is read of an answer, in bytes; a longer one is no answer.
pub const MAX_ANSWER: usize = 1_048_576;
/// How long a request waits for all the answers it needs together.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// The longest token, code or key id that is believed in, in bytes.
const MAX_TOKEN: usize = 32_768;

/// A request to a provider. The edge follows no redirect.
#[derive(Clone)]
pub struct ProviderRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Where to.
    pub url: Url,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body, a form.
    pub form: Option<String>,
}

/// What a provider answered.
#[derive(Debug, Clone, Copy)]
pub struct ProviderResponse<'a> {
    /// The status code; a redirect is one like any other that is not 200.
    pub status: u16,
    /// The body, at most [`MAX_ANSWER`] bytes.
    pub body: &'a [u8],
}

impl ProviderRequest {
    /// A request for something.
    pub fn get(url: Url) -> Self {
        Self {
            method: "GET",
            url,
            headers: vec![("accept", "application/json".to_owned())],
            form: None,
        }
    }

    /// A form, with the secret of a client in its header or in its body (RFC 6749 §2.3.1).
    pub fn of_client(
        url: &Url,
        parameters: &[(&str, &str)],
        (client_id, secret): (&str, &Secret),
        in_header: bool,
    ) -> Self {
        let mut call = Self::get(url.clone());
        call.method = "POST";
        call.headers.push((
            "content-type",
            "application/x-www-form-urlencoded".to_owned(),
        ));
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(parameters);
        if in_header {
            call.headers
                .push(("authorization", basic(client_id, secret)));
        } else {
            form.append_pair("client_id", client_id);
            form.append_pair("client_secret", secret.expose());
        }
        call.form = Some(form.finish());
        call
    }

    /// The same request with a token that [`token`] has read (RFC 6750 §2.1).
    #[must_use]
    pub fn with_bearer(mut self, token: &Secret) -> Self {
        self.headers
            .push(("authorization", format!("Bearer {}", token.expose())));
        self
    }
}

/// Prints where it goes, and no more: the rest is secrets.
impl fmt::Debug for ProviderRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        write!(f, "{} {host}{}", self.method, self.url.path())
    }
}

impl ProviderResponse<'_> {
    /// The JSON object of a good answer; `what` names it in the log.
    pub fn object(&self, what: &str) -> Result<Map<String, Value>, ProviderFailure> {
        if self.status != 200 {
            let error = self.error();
            let error = error.map_or_else(String::new, |error| format!(", error {error}"));
            return Err(ProviderFailure::untrusted(format!(
                "{what}: status {}{error}",
                self.status
            )));
        }
        if self.body.len() > MAX_ANSWER {
            let why = format!("{what}: over {MAX_ANSWER} bytes");
            return Err(ProviderFailure::untrusted(why));
        }
        match serde_json::from_slice(self.body) {
            Ok(Value::Object(object)) => Ok(object),
            _ => Err(ProviderFailure::untrusted(format!(
                "{what}: not a JSON object"
            ))),
        }
    }

    /// The `error` of a failed answer (RFC 6749 §5.2), as the log may show it. Meta's is an object.
    pub(in crate::auth::federation) fn error(&self) -> Option<String> {
        let body: Value = serde_json::from_slice(self.body).ok()?;
        let error = body.get("error")?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let of_meta = || {
            let (kind, code) = (text(error.get("type")?)?, error.get("code")?);
            Some(format!("{kind} {code}"))
        };
        text(error).or_else(of_meta).map(|error| quoted(&error))
    }
}

/// The one object in `{"data":[…]}`, or the answer itself if it is not wrapped.
pub(in crate::auth::federation) fn unwrapped(mut answer: Map<String, Value>) -> Map<String, Value> {
    match answer.get_mut("data").and_then(Value::as_array_mut) {
        Some(list) if list.len() == 1 => match list.pop() {
            Some(Value::Object(inner)) => inner,
            _ => Map::new(),
        },
        _ => answer,
    }
}

/// A token or code as a provider writes it: printable ASCII without spaces, of bearable length, so
/// that it can stand in a header.
pub fn token(value: Option<&Value>) -> Option<Secret> {
    value.and_then(Value::as_str).and_then(token_text)
}

/// Why a text is no token, without the text.
pub fn no_token(name: &str, text: &str) -> ProviderFailure {
    let length = text.len();
    ProviderFailure::untrusted(if length > MAX_TOKEN {
        format!("the {name} has {length} characters, of at most {MAX_TOKEN}")
    } else {
        format!("the {name} is not printable text without spaces")
    })
}

/// [`token`], of a text.
pub fn token_text(text: &str) -> Option<Secret> {
    let fits =
        (1..=MAX_TOKEN).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| Secret::new(text))
}

fn basic(client_id: &str, secret: &Secret) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(client_id), encoded(secret.expose()));
    format!("Basic {}", Base64::encode_string(pair.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::federation::example::{good, header, pairs, sent};
    use crate::auth::text;

    fn google(secret_in_header: bool) -> ProviderRequest {
        let url = text::url("https://oauth2.googleapis.com/token").unwrap();
        let parameters = [("token", "a b&c=d\r\nX: y")];
        let client = ("google-client", &Secret::new("google secret"));
        ProviderRequest::of_client(&url, &parameters, client, secret_in_header)
    }

    #[test]
    fn the_secret_is_in_the_form() {
        let call = google(false);
        assert_eq!(call.method, "POST");
        assert_eq!(header(&call, "authorization"), None);
        assert_eq!(header(&call, "accept"), Some("application/json"));
        assert_eq!(
            sent(&call),
            pairs(&[
                ("token", "a b&c=d\r\nX: y"),
                ("client_id", "google-client"),
                ("client_secret", "google secret"),
            ])
        );
    }

    #[test]
    fn the_secret_is_in_the_header_form_encoded_first() {
        let call = google(true);
        // google-client:google+secret
        assert_eq!(
            header(&call, "authorization"),
            Some("Basic Z29vZ2xlLWNsaWVudDpnb29nbGUrc2VjcmV0")
        );
        assert_eq!(sent(&call), pairs(&[("token", "a b&c=d\r\nX: y")]));
    }

    #[test]
    fn a_call_is_printed_without_its_secrets() {
        let url = text::url("https://idp.example/check?access_token=hunter2").unwrap();
        let call = ProviderRequest::get(url).with_bearer(&Secret::new("hunter2"));
        assert_eq!(format!("{call:?}"), "GET idp.example/check");
        assert_eq!(
            format!("{:?}", google(false)),
            "POST oauth2.googleapis.com/token"
        );
    }

    #[test]
    fn an_answer_is_a_json_object_with_status_200() {
        assert!(good(r#"{"a":1}"#).object("it").is_ok());
        let deep = format!("{{\"a\":{}}}", "[".repeat(100_000));
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_ANSWER));
        for body in [
            "", "{", "[]", "null", "\"x\"", "<html>", "a=b", &deep, &large,
        ] {
            assert!(good(body).object("it").is_err());
        }
        for status in [201, 204, 301, 302, 307, 400, 401, 500] {
            let body = b"{}";
            assert!(
                ProviderResponse { status, body }.object("it").is_err(),
                "{status}"
            );
        }
        let bytes = ProviderResponse {
            status: 200,
            body: b"{\"a\":\"\xff\"}",
        };
        assert!(bytes.object("it").is_err());
    }

    #[test]
    fn the_log_quotes_an_error_code_and_little_of_it() {
        let reason = |body: &str| {
            let body = body.as_bytes();
            ProviderResponse { status: 400, body }
                .object("it")
                .unwrap_err()
                .reason
        };
        assert_eq!(
            reason(r#"{"error":"invalid_grant","error_description":"…"}"#),
            "it: status 400, error invalid_grant"
        );
        assert_eq!(reason(r#"{"error":{"message":"x"}}"#), "it: status 400");
        assert_eq!(reason("<html>"), "it: status 400");
        let nasty = reason(&format!(r#"{{"error":"a\r\nb{}"}}"#, "x".repeat(9999)));
        assert!(nasty.len() < 120 && !nasty.contains('\n'), "{nasty}");
    }

    #[test]
    fn a_token_can_stand_in_a_header() {
        assert!(token_text("ya29.a0Af_-~+/=|:").is_some());
        let long = "x".repeat(MAX_TOKEN + 1);
        for text in ["", "a b", "a\r\nX-Admin: 1", "a\u{0}", "é", &long] {
            assert!(token_text(text).is_none());
        }
        for value in [Value::Null, Value::from(1), Value::from(vec!["x"])] {
            assert!(token(Some(&value)).is_none());
        }
    }
}
