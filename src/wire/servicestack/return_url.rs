//! Where a browser is sent after signing in or out: which URL was asked for, and whether it may be.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Position;

use super::body;
use super::call::{Call, Operation};
use super::failure::ServiceStackFailure;
use crate::auth::text;
use crate::wire::cors::origin_of;
use crate::wire::incoming::{Incoming, Method, media_essence};

/// The parameters that may hold it, the first one first.
const NAMES: [&str; 3] = ["continue", "ReturnUrl", "redirect"];

/// The longest that is looked at, in bytes: what names a host of many letters costs to read.
const MAX_URL: usize = 2_048;

/// The return URL in query or form, as it was sent. One in a document is not read from here.
pub fn requested(incoming: &Incoming, call: &Call) -> Option<String> {
    let pairs: Vec<_> = incoming.query.iter().chain(call.form()).collect();
    NAMES.into_iter().find_map(|wanted| {
        let mut pairs = pairs.iter();
        let pair = pairs
            .find(|(name, value)| name.eq_ignore_ascii_case(wanted) && !value.trim().is_empty());
        pair.map(|(_, value)| value.clone())
    })
}

/// Lets through a return URL that leads to ourselves or to an allowed origin, written anew by the
/// parser that judged it; anything else is refused as an external redirect.
///
/// A path must begin with one `/`; what browsers would read as the start of an authority is no
/// path. `public_url` is where we are, `allowed` are origins as browsers write them.
pub fn check(
    text: &str,
    public_url: &str,
    allowed: &[String],
) -> Result<String, ServiceStackFailure> {
    let text = text.trim();
    let checked = if text.len() > MAX_URL || text.contains(char::is_control) {
        None
    } else if text.starts_with('/') {
        path(text, public_url)
    } else {
        absolute(text, public_url, allowed)
    };
    checked.ok_or(ServiceStackFailure::ExternalRedirect)
}

/// Whether the caller is a browser that shows what it gets, and so wants to be sent on: HTML is what
/// it asks for first, and it posts a form, or follows a link that signs out.
pub fn is_page(incoming: &Incoming, call: &Call) -> bool {
    let accept = incoming.header("accept").unwrap_or_default();
    let first = accept.split(',').next().unwrap_or_default();
    let link =
        incoming.method == Method::Get && call.operation == Ok(Operation::AuthenticateLogout);
    let mut pairs = incoming.query.iter().chain(call.form());
    let stays = |(name, _): &(String, String)| name.eq_ignore_ascii_case("noredirect");
    media_essence(first) == "text/html" && (link || body::is_form(incoming)) && !pairs.any(stays)
}

/// The URL with a failure in its fragment, as `f=…`: in place of one that is there, and after
/// the rest of the fragment.
pub fn with_failure(url: &str, message: &str) -> String {
    let (page, fragment) = url.split_once('#').unwrap_or((url, ""));
    let kept = fragment.split('/');
    let kept = kept.filter(|part| !part.is_empty() && !part.starts_with("f="));
    let failure = format!("f={}", utf8_percent_encode(message, NON_ALPHANUMERIC));
    let parts: Vec<&str> = kept.chain([failure.as_str()]).collect();
    format!("{page}#{}", parts.join("/"))
}

fn path(text: &str, public_url: &str) -> Option<String> {
    if text.starts_with("//") || text.starts_with("/\\") {
        return None;
    }
    let base = text::url(public_url).ok()?;
    let url = base.join(text).ok()?;
    let path = &url[Position::BeforePath..];
    // `/.//evil.example` is a path, but what is left of it when its dots are gone is not.
    (url.origin() == base.origin() && !path.starts_with("//")).then(|| path.to_owned())
}

fn absolute(text: &str, public_url: &str, allowed: &[String]) -> Option<String> {
    let url = text::url(text).ok()?;
    let origin = origin_of(url.as_str())?;
    let ours = origin_of(public_url).is_some_and(|ours| ours == origin);
    let anonymous = url.username().is_empty() && url.password().is_none();
    (anonymous && (ours || allowed.contains(&origin))).then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_failure_joins_the_fragment_and_replaces_an_older_one() {
        for (url, expected) in [
            ("/in", "/in#f=No%20way"),
            ("/in?a=1#x", "/in?a=1#x/f=No%20way"),
            ("/in#f=Old/x", "/in#x/f=No%20way"),
        ] {
            assert_eq!(with_failure(url, "No way"), expected);
        }
    }

    #[test]
    fn a_page_asks_for_html_first_and_posts_a_form() {
        const FORM: &str = "application/x-www-form-urlencoded";
        let page = |method, accept: &str, content_type: &str, query: &str, operation| {
            let headers = [("accept", accept), ("content-type", content_type)];
            let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let body = Body::Bytes(vec![]);
            let incoming = Incoming::new(method, "/auth", query, headers.into(), body);
            let call = recognise(&incoming).unwrap();
            is_page(
                &incoming,
                &Call {
                    operation: Ok(operation),
                    ..call
                },
            )
        };
        let html = "text/html,application/xhtml+xml,*/*;q=0.8";
        let sign_in = Operation::Authenticate;
        assert!(page(Method::Post, html, FORM, "", sign_in));
        assert!(!page(Method::Post, "*/*", FORM, "", sign_in));
        assert!(!page(
            Method::Post,
            "application/json,text/html",
            FORM,
            "",
            sign_in
        ));
        assert!(!page(Method::Post, html, "application/json", "", sign_in));
        assert!(!page(Method::Post, html, FORM, "noRedirect=true", sign_in));
        assert!(!page(Method::Get, html, "", "", sign_in));
        assert!(page(
            Method::Get,
            html,
            "",
            "",
            Operation::AuthenticateLogout
        ));
    }

    use proptest::prelude::*;

    use super::*;
    use crate::wire::incoming::{Body, Method};
    use crate::wire::servicestack::recognise::recognise;

    const OURS: &str = "https://login.example/base/";

    fn checked(text: &str) -> Result<String, ServiceStackFailure> {
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
    fn a_url_longer_than_any_is_not_looked_at() {
        let long = |length: usize| format!("/{}", "x".repeat(length - 1));
        assert!(checked(&long(MAX_URL)).is_ok());
        assert_eq!(
            checked(&long(MAX_URL + 1)),
            Err(ServiceStackFailure::ExternalRedirect)
        );
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
            assert_eq!(
                checked(text),
                Err(ServiceStackFailure::ExternalRedirect),
                "{text}"
            );
        }
    }

    #[test]
    fn continue_comes_first_and_a_document_is_not_read() {
        let requested = |query: &str, content_type: &str, body: &str| {
            let headers = vec![("content-type".to_owned(), content_type.to_owned())];
            let body = Body::Bytes(body.into());
            let incoming = Incoming::new(Method::Post, "/auth", query, headers, body);
            requested(&incoming, &recognise(&incoming).unwrap())
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
        /// Resolved as a browser would, every URL that passes is ours or allowed.
        #[test]
        fn what_passes_leads_to_nobody_else(text in "(/|\\\\|\\.|%2e|:|https|login.example|app.example|evil.example|@|[\t\na?#é])*") {
            if let Ok(url) = checked(&text) {
                let resolved = text::url(OURS).unwrap().join(&url).unwrap();
                let origin = resolved.origin().ascii_serialization();
                prop_assert!(["https://login.example", "https://app.example"].contains(&origin.as_str()), "{}", url);
                prop_assert!(url.is_ascii() && !url.contains(char::is_control));
            }
        }
    }
}
