//! Transport: which URLs a secret may travel to. Https ones, and http ones that name this machine.

use std::net::Ipv4Addr;

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

/// Whether a URL names a host of the public Internet, as far as its text says it: https, and neither this
/// machine nor an address of a private network (RFC 1918, RFC 3927, RFC 4193, RFC 6598).
pub fn is_public(url: &str) -> bool {
    text::url(url).is_ok_and(|url| {
        url.scheme() == "https"
            && match url.host() {
                Some(Host::Domain(_)) => !names_this_machine(&url),
                Some(Host::Ipv4(address)) => is_public_v4(address),
                Some(Host::Ipv6(address)) => match address.to_ipv4() {
                    Some(inner) => is_public_v4(inner),
                    None => !matches!(address.segments(), [0xfc00..=0xfdff | 0xfe80..=0xfeff, ..]),
                },
                None => false,
            }
    })
}

const fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_shared = matches!(address.octets(), [100, 64..=127, ..] | [0 | 240..=255, ..]);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || is_shared)
}

/// Addresses of 127.0.0.0/8 and `::1`, and the names that RFC 6761 §6.3 keeps for them.
fn names_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            // The dot of the root makes no other name of it.
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_public() {
        for url in [
            "https://hooks.example",
            "https://8.8.8.8/x",
            "https://[2606:4700::1]",
        ] {
            assert!(is_public(url), "{url}");
        }
        for url in [
            "http://hooks.example",
            "https://localhost",
            "https://localhost.",
            "https://a.localhost.",
            "https://127.0.0.1",
            "https://10.0.0.1",
            "https://172.16.0.1",
            "https://192.168.1.1",
            "https://169.254.169.254/latest",
            "https://100.64.0.1",
            "https://0.0.0.0",
            "https://2130706433",
            "https://0x7f.1",
            "https://[::1]",
            "https://[fd00::1]",
            "https://[fe80::1]",
            "https://[::ffff:10.0.0.1]",
        ] {
            assert!(!is_public(url), "{url}");
        }
    }

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
