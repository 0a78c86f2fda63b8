//! URLs: which ones we call or send people to, and how parameters are added to one.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Url, form_urlencoded};

use crate::auth::text;
use crate::auth::transport::is_secure;

/// Everything but the unreserved characters of RFC 3986 §2.3. A space becomes `%20`, which every
/// reader of a query understands; Apple's native dialog does not understand `+`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Reads a URL that secrets may be sent to: https, or http on loopback, without userinfo or fragment.
pub fn endpoint(text: &str) -> Option<Url> {
    let url = text::url(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (is_secure(text) && plain).then_some(url)
}

/// The URL with these parameters in its query.
///
/// What the query already has stays as it is written, except parameters of the same names: none
/// may come twice (RFC 6749 §3.1). Nothing in a value can end it, begin another, or end a header.
pub fn with_parameters(url: &Url, parameters: &[(&str, &str)]) -> Url {
    let is_ours = |segment: &&str| {
        form_urlencoded::parse(segment.as_bytes())
            .any(|(name, _)| parameters.iter().any(|(ours, _)| *ours == name))
    };
    let kept = url.query().unwrap_or_default().split('&');
    let kept = kept
        .filter(|segment| !segment.is_empty() && !is_ours(segment))
        .map(str::to_owned);
    let added = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    let query: Vec<String> = kept.chain(added).collect();
    let mut url = url.clone();
    url.set_query(Some(&query.join("&")));
    url
}

/// Percent-encodes every byte that is not unreserved.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn secrets_go_to_https_or_loopback_only() {
        for text in [
            "https://idp.example/token?x=1",
            "http://127.0.0.1:9000/token",
            "http://[::1]/",
            "http://localhost/",
            "http://idp.localhost:8080/",
        ] {
            assert!(endpoint(text).is_some(), "{text}");
        }
        for text in [
            "",
            "idp.example",
            "/token",
            "http://idp.example/",
            "http://127.0.0.1.nip.io/",
            "http://localhost.example/",
            "ftp://127.0.0.1/",
            "javascript:alert(1)",
            "https://user@idp.example/",
            "https://user:secret@idp.example/",
            "https://idp.example/#x",
            "https://",
        ] {
            assert!(endpoint(text).is_none(), "{text}");
        }
    }

    #[test]
    fn parameters_join_the_query_that_is_there() {
        let add = |url: &str| with_parameters(&text::url(url).unwrap(), &[("code", "a b&c")]);
        for (url, expected) in [
            ("https://app.example", "https://app.example/?code=a%20b%26c"),
            (
                "https://app.example/cb?x=1",
                "https://app.example/cb?x=1&code=a%20b%26c",
            ),
            (
                "https://app.example/cb?",
                "https://app.example/cb?code=a%20b%26c",
            ),
            (
                "https://app.example/cb?x=a+b%2Fc&y",
                "https://app.example/cb?x=a+b%2Fc&y&code=a%20b%26c",
            ),
            (
                "https://app.example/cb?code=old&x=1&c%6fde=older",
                "https://app.example/cb?x=1&code=a%20b%26c",
            ),
            (
                "com.example.app:/cb?x=1",
                "com.example.app:/cb?x=1&code=a%20b%26c",
            ),
            ("com.example.app:cb", "com.example.app:cb?code=a%20b%26c"),
            (
                "com.example.app://cb",
                "com.example.app://cb?code=a%20b%26c",
            ),
        ] {
            assert_eq!(add(url).as_str(), expected);
        }
    }

    proptest! {
        #[test]
        fn whatever_a_value_holds_it_comes_back_alone(value in any::<String>()) {
            let url = text::url("https://app.example/cb?x=1").unwrap();
            let url = with_parameters(&url, &[("code", "c"), ("state", &value)]);
            let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
            prop_assert_eq!(&pairs, &[
                ("x".to_owned(), "1".to_owned()),
                ("code".to_owned(), "c".to_owned()),
                ("state".to_owned(), value),
            ]);
            prop_assert!(url.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert_eq!(url.fragment(), None);
        }
    }
}
