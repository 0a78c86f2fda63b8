//! Cross-site request forgery: a form counts only if a page of ours has sent it, in this browser.
//!
//! A browser says where a request comes from, and every form has a token besides, made for its action
//! and for the form session: a random text in a cookie that only we can set (`__Host-`, RFC 6265bis
//! §4.1.3.2). It changes at every rise of assurance, so that nobody signs a browser in with a form
//! that was fetched before, or by another.

use crate::auth::data_key::{DataKeys, Purpose};
use crate::auth::secret::Secret;
use crate::error::Error;
use crate::wire::incoming::Incoming;

/// The field of a form that holds its token.
pub const FIELD: &str = "form_token";

/// The token of the form with this action, in this form session.
///
/// # Errors
///
/// The keys cannot be used.
pub fn token(keys: &DataKeys, session: &Secret, action: &str) -> Result<String, Error> {
    keys.tag(Purpose::Form, &[session.expose(), action])
}

/// Whether a request with a form comes from a page of ours: by what the browser says (Fetch Metadata,
/// `Origin`) where it says anything, and always by its token.
///
/// # Errors
///
/// The keys cannot be used.
pub fn is_ours(
    incoming: &Incoming,
    keys: &DataKeys,
    session: &Secret,
    action: &str,
    token: &str,
) -> Result<bool, Error> {
    Ok(is_same_origin(incoming)
        && keys.verify(Purpose::Form, &[session.expose(), action], token)?)
}

fn is_same_origin(incoming: &Incoming) -> bool {
    let site = incoming.header("sec-fetch-site").map(str::trim);
    let same_site = site.is_none_or(|site| site.eq_ignore_ascii_case("same-origin"));
    let origin = incoming.header("origin");
    same_site && origin.is_none_or(|origin| origin == incoming.base_url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::incoming::{Body, Method};

    const OURS: &str = "https://login.example";

    fn accepted(headers: &[(&str, &str)], session: &str, action: &str) -> bool {
        let keys = DataKeys::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap();
        let token = token(&keys, &Secret::new("session"), "/sign-in").unwrap();
        let headers = headers
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let body = Body::Bytes(vec![]);
        let mut incoming = Incoming::new(Method::Post, "/sign-in", "", headers.collect(), body);
        incoming.base_url = OURS.to_owned();
        is_ours(&incoming, &keys, &Secret::new(session), action, &token).unwrap()
    }

    #[test]
    fn a_form_counts_from_our_page_only() {
        for (headers, expected) in [
            (&[][..], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", OURS)], true),
            (&[("origin", OURS)], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("origin", "null")], false),
            (&[("origin", "https://login.example.evil")], false),
            (
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("origin", "https://evil.example"),
                ],
                false,
            ),
        ] {
            assert_eq!(
                accepted(headers, "session", "/sign-in"),
                expected,
                "{headers:?}"
            );
        }
    }

    #[test]
    fn a_token_is_of_one_form_session_and_one_action() {
        assert!(!accepted(&[], "another", "/sign-in"));
        assert!(!accepted(&[], "session", "/sign-out"));
    }
}
