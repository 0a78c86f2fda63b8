//! Where a browser is sent after signing in or out: which URL was asked for, and whether it may be.

use url::{Position, Url};

use super::body;
use super::failure::Failure;
use crate::wire::cors::origin_of;
use crate::wire::incoming::Incoming;

/// The parameters that may hold it, the first one first.
const NAMES: [&str; 3] = ["continue", "ReturnUrl", "redirect"];

/// The return URL in query or form, as it was sent. One in a document is not read from here.
pub fn requested(incoming: &Incoming) -> Option<String> {
    let form = body::form(incoming);
    let mut pairs: Vec<(String, String)> = incoming.query_pairs().collect();
    pairs.extend(form);
    pairs.retain(|(_, value)| !value.trim().is_empty());
    NAMES.into_iter().find_map(|wanted| {
        let mut pairs = pairs.iter();
        let pair = pairs.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        pair.map(|(_, value)| value.clone())
    })
}

/// Lets through a return URL that leads to ourselves or to an allowed origin, written anew by the
/// parser that judged it; anything else is refused as an external redirect.
///
/// A path must begin with one `/`; whatever browsers would read as the start of an authority is no
/// path. `public_url` is where we are, `allowed` are origins as browsers write them.
pub fn check(text: &str, public_url: &str, allowed: &[String]) -> Result<String, Failure> {
    let text = text.trim();
    let checked = if text.contains(char::is_control) {
        None
    } else if text.starts_with('/') {
        path(text, public_url)
    } else {
        absolute(text, public_url, allowed)
    };
    checked.ok_or(Failure::ExternalRedirect)
}

fn path(text: &str, public_url: &str) -> Option<String> {
    if text.starts_with("//") || text.starts_with("/\\") {
        return None;
    }
    let base = Url::parse(public_url).ok()?;
    let url = base.join(text).ok()?;
    let path = &url[Position::BeforePath..];
    // `/.//evil.example` is a path, but what is left of it when its dots are gone is not.
    (url.origin() == base.origin() && !path.starts_with("//")).then(|| path.to_owned())
}

fn absolute(text: &str, public_url: &str, allowed: &[String]) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let origin = origin_of(url.as_str())?;
    let ours = origin_of(public_url).is_some_and(|ours| ours == origin);
    let anonymous = url.username().is_empty() && url.password().is_none();
    (anonymous && (ours || allowed.contains(&origin))).then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::incoming::{Body, Method};

    const OURS: &str = "https://login.example/base/";

    fn checked(text: &str) -> Result<String, Failure> {
        check(text, OURS, &["https://app.example".to_owned()])
    }

    #[test]
    fn our_own_paths_and_allowed_origins_pass() {
        for (text, url) in [
            ("/home", "/home"),
            (" /home?a=b&c=://x#d ", "/home?a=b&c=://x#d"),
            ("/", "/"),
            ("/a/../b", "/b"),
            ("/é", "/%C3%A9"),
            ("https://login.example/x", "https://login.example/x"),
            ("https://LOGIN.example:443", "https://login.example/"),
            (
                "https://app.example/cb?x=1#y",
                "https://app.example/cb?x=1#y",
            ),
        ] {
            assert_eq!(checked(text).as_deref(), Ok(url), "{text}");
        }
    }

    #[test]
    fn everything_else_is_an_external_redirect() {
        for text in [
            "",
            "home",
            "?x",
            "#x",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/a\u{85}b",
            "/.//evil.example",
            "/..//evil.example",
            "/a/..//evil.example",
            "/%2e//evil.example",
            "/./\\evil.example",
            "https://login.example.evil.example",
            "https://login.example@evil.example",
            "https://evil@login.example",
            "https://evil.example/https://login.example",
            "http://login.example",
            "https://login.example:444",
            "https:\\\\evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "JavaScript://login.example/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "blob:https://login.example/x",
            "https://",
        ] {
            assert_eq!(checked(text), Err(Failure::ExternalRedirect), "{text}");
        }
    }

    #[test]
    fn continue_comes_first_and_a_document_is_not_read() {
        let requested = |query: &str, content_type: &str, body: &str| {
            let headers = vec![("content-type".to_owned(), content_type.to_owned())];
            let body = Body::Bytes(body.into());
            requested(&Incoming::new(Method::Post, "/auth", query, headers, body))
        };
        let form = "application/x-www-form-urlencoded";
        assert_eq!(
            requested("redirect=/r&RETURNURL=/u", form, "").as_deref(),
            Some("/u")
        );
        assert_eq!(
            requested("redirect=/r", form, "continue=%2Fc").as_deref(),
            Some("/c")
        );
        assert_eq!(
            requested("continue=&redirect=/r", form, "").as_deref(),
            Some("/r")
        );
        assert_eq!(
            requested("", "application/json", "{\"returnUrl\":\"/x\"}"),
            None
        );
    }

    proptest! {
        /// Resolved as a browser would, whatever passes is ours or allowed.
        #[test]
        fn what_passes_leads_to_nobody_else(text in "(/|\\\\|\\.|%2e|:|https|login.example|app.example|evil.example|@|[\t\na?#é])*") {
            if let Ok(url) = checked(&text) {
                let resolved = Url::parse(OURS).unwrap().join(&url).unwrap();
                let origin = resolved.origin().ascii_serialization();
                prop_assert!(["https://login.example", "https://app.example"].contains(&origin.as_str()), "{}", url);
                prop_assert!(url.is_ascii() && !url.contains(char::is_control));
            }
        }
    }
}
