//! Redirect URIs of OAuth clients: which may be registered, and when a request names one of them.

use crate::auth::redirect_url::RedirectUrl;
use crate::auth::transport::is_loopback;

/// How a native app on a desktop writes where it listens (RFC 8252 §7.3). Names other than the
/// literals are not recommended there, but clients use this one.
const LOOPBACK: [&str; 3] = ["http://127.0.0.1", "http://[::1]", "http://localhost"];

/// Whether a URI is one of the registered ones, as strings (RFC 9700 §4.1.3); but for the port of a
/// loopback one, which an app takes as it finds it (RFC 8252 §7.3).
pub fn is_registered(registered: &[String], given: &str) -> bool {
    let loopback = without_port(given);
    registered
        .iter()
        .any(|known| known == given || loopback.is_some() && without_port(known) == loopback)
}

/// A loopback URI's host, and what follows its port.
fn without_port(uri: &str) -> Option<(&'static str, &str)> {
    LOOPBACK.into_iter().find_map(|host| {
        let rest = uri.strip_prefix(host)?;
        let rest = match rest.strip_prefix(':') {
            Some(rest) => {
                let end = rest.find(|char: char| !char.is_ascii_digit());
                let (port, rest) = rest.split_at(end.unwrap_or(rest.len()));
                port.parse::<u16>().ok()?;
                rest
            }
            None => rest,
        };
        matches!(rest.chars().next(), None | Some('/' | '?')).then_some((host, rest))
    })
}

/// Whether a URI may be registered: as [`RedirectUrl`] says, in ASCII.
pub fn is_registrable(uri: &str) -> bool {
    uri.is_ascii() && RedirectUrl::parse(uri).is_some()
}

/// Whether a URI leads to an app on the user's own device, which nothing proves to be the app it says
/// (RFC 8252 §8.6): a loopback one, or one with a scheme of its own.
pub fn is_native(uri: &str) -> bool {
    is_loopback(uri) || RedirectUrl::parse(uri).is_none_or(|url| !url.is_web())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_compare_as_strings() {
        let registered = ["https://app.example/cb?a=b".to_owned()];
        assert!(is_registered(&registered, "https://app.example/cb?a=b"));
        for other in [
            "https://app.example/cb",
            "https://app.example/cb?a=b&c=d",
            "https://app.example/cb?a=b#",
            "https://APP.example/cb?a=b",
            "https://app.example:443/cb?a=b",
            "https://app.example/x/../cb?a=b",
            "https://app.example/cb?a=%62",
            "https://app.example/cb?a=b ",
            "",
        ] {
            assert!(!is_registered(&registered, other), "{other}");
        }
    }

    #[test]
    fn the_port_of_a_loopback_uri_is_free_and_nothing_else_is() {
        for (known, given, same) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", true),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb", true),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1/cb", true),
            ("http://[::1]:1", "http://[::1]:2", true),
            ("http://localhost:1/cb?x", "http://localhost:2/cb?x", true),
            ("http://localhost/cb", "http://127.0.0.1/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/other", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb?x", false),
            ("http://127.0.0.1/cb", "https://127.0.0.1:1/cb", false),
            (
                "http://127.0.0.1/cb",
                "http://127.0.0.1:1@evil.example/cb",
                false,
            ),
            ("http://127.0.0.1/cb", "http://127.0.0.1:/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", false),
            (
                "http://127.0.0.1/cb",
                "http://127.0.0.1.evil.example/cb",
                false,
            ),
            (
                "http://localhost/cb",
                "http://localhost.evil.example/cb",
                false,
            ),
            ("http://127.0.0.1", "http://127.0.0.1:1#", false),
            ("http://app.example/cb", "http://app.example:1/cb", false),
            ("https://localhost/cb", "https://localhost:1/cb", false),
        ] {
            assert_eq!(
                is_registered(&[known.to_owned()], given),
                same,
                "{known} {given}"
            );
        }
    }

    #[test]
    fn what_may_be_registered_and_what_is_native() {
        for (uri, native) in [
            ("https://app.example/cb?a=b", false),
            ("http://localhost:5173/callback", true),
            ("http://127.0.0.1/cb", true),
            ("com.example.app:/cb", true),
        ] {
            assert!(is_registrable(uri), "{uri}");
            assert_eq!(is_native(uri), native, "{uri}");
        }
        for uri in [
            "http://app.example/cb",
            "https://app.example/cb#x",
            "https://user@app.example/cb",
            "https://*.example/cb",
            "javascript:alert(1)",
            " JavaScript:alert(1)",
            "data:text/html,x",
            "app:/cb",
            "https://bücher.example/cb",
            "/cb",
        ] {
            assert!(!is_registrable(uri), "{uri}");
        }
    }
}
