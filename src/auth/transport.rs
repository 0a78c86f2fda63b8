//! Transport: which URLs a secret may travel to. Https ones, and http ones that name this machine.

use url::{Host, Url};

use super::text;

/// Whether a URL or origin names the machine it is used on.
pub fn is_loopback(url: &str) -> bool {
    text::url(url).is_ok_and(|url| names_this_machine(&url))
}

/// Whether what is sent to a URL cannot be read on the way: https, or http on loopback.
pub fn is_secure(url: &str) -> bool {
    text::url(url).is_ok_and(|url| match url.scheme() {
        "https" => true,
        "http" => names_this_machine(&url),
        _ => false,
    })
}

/// Addresses of 127.0.0.0/8 and `::1`, and the names that RFC 6761 §6.3 keeps for them.
fn names_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_loopback() {
        for url in [
            "http://localhost",
            "http://LOCALHOST:5173/x",
            "http://127.0.0.1:1",
            "http://127.9.9.9",
            "http://[::1]:8",
            "http://a.localhost",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "https://localhost.example",
            "http://128.0.0.1",
            "http://127.0.0.1.nip.io",
            "http://notlocalhost",
            "http://user@evil.example/localhost",
            "com.example.app:/localhost",
            "x",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }

    #[test]
    fn secrets_travel_by_https_or_stay_on_this_machine() {
        for url in [
            "https://app.example",
            "https://localhost",
            "http://localhost:5173/cb",
            "http://[::1]/",
        ] {
            assert!(is_secure(url), "{url}");
        }
        for url in [
            "http://app.example",
            "http://127.0.0.1.nip.io",
            "ftp://127.0.0.1",
            "ws://localhost",
            "javascript://localhost/%0aalert(1)",
            "com.example.app://localhost",
            "//app.example",
            "",
        ] {
            assert!(!is_secure(url), "{url}");
        }
    }
}
