//! HTTP Basic as OAuth has it: id and secret are form-encoded before anything else (RFC 6749 §2.3.1).

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::auth::id::ClientId;
use crate::auth::oauth::client::authentication::{BasicCredentials, PresentedClient};
use crate::auth::oauth::failure::Failure;
use crate::auth::oauth::parameters::Parameters;
use crate::auth::secret::Secret;
use crate::wire::incoming::Incoming;

/// Reads how the client of a request presents itself.
///
/// # Errors
///
/// As of [`PresentedClient::read`], and `invalid_client` for a broken header.
pub fn presented(incoming: &Incoming, body: &Parameters) -> Result<PresentedClient, Failure> {
    let basic = match incoming.basic() {
        None => None,
        Some(Err(_)) => return Err(Failure::invalid_client()),
        Some(Ok(basic)) => {
            let decoded = decoded(basic.secret.expose()).map(|text| Secret::new(text.into_owned()));
            let same = decoded
                .as_ref()
                .is_some_and(|decoded| decoded.expose() == basic.secret.expose());
            let as_sent = (!same).then_some(basic.secret);
            Some(BasicCredentials {
                client_id: match self::decoded(&basic.name) {
                    Some(name) => ClientId::new(name),
                    None => ClientId::new(basic.name),
                },
                secrets: decoded.into_iter().chain(as_sent).collect(),
            })
        }
    };
    PresentedClient::read(basic, body)
}

/// A text form-decoded, if what it says is text.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(Cow::Owned(decoded.into_owned()))
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};

    use super::*;
    use crate::wire::incoming::{Body, Method};

    fn read(authorization: &str) -> Result<PresentedClient, Failure> {
        let headers = vec![("authorization".to_owned(), authorization.to_owned())];
        let incoming = Incoming::new(
            Method::Post,
            "/oauth/token",
            "",
            headers,
            Body::Bytes(vec![]),
        );
        presented(&incoming, &Parameters::default())
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", Base64::encode_string(text.as_bytes()))
    }

    #[test]
    fn id_and_secret_are_decoded_and_a_secret_that_was_not_encoded_is_tried_as_it_is() {
        for (text, client_id, secrets) in [
            ("app:secret", "app", &["secret"][..]),
            (
                "https%3A%2F%2Fapp.example%2Fx:s",
                "https://app.example/x",
                &["s"],
            ),
            ("app:a%2Bb%3Ac", "app", &["a+b:c", "a%2Bb%3Ac"]),
            ("app:a+b", "app", &["a b", "a+b"]),
            ("app:100%", "app", &["100%"]),
            ("app:%FF", "app", &["%FF"]),
            ("a%FFb:s", "a%FFb", &["s"]),
        ] {
            let read = read(&basic(text)).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!(read.client_id.as_str(), client_id, "{text}");
            let expected: Vec<String> = secrets
                .iter()
                .map(|text| Secret::new(*text).digest())
                .collect();
            assert_eq!(read.secret_digests(), expected, "{text}");
        }
    }

    #[test]
    fn a_broken_header_authenticates_no_client_and_another_scheme_is_none() {
        for header in ["Basic !", "Basic QQ==", "Basic ", "Bearer x", "x"] {
            assert_eq!(
                read(header).unwrap_err(),
                Failure::invalid_client(),
                "{header}"
            );
        }
    }
}
