//! Where a client may have browsers sent.

use url::Url;

use crate::auth::transport::is_secure;

/// Whether a text may be a client's redirect URL: https, or http on this machine, or an app's own
/// scheme with a dot in it (RFC 8252 §7.1); without userinfo and fragment (RFC 6749 §3.1.2).
///
/// URL parsers forgive much; what they would forgive is refused, or somebody else's parser may see
/// another host in it.
pub(super) fn is_acceptable(text: &str) -> bool {
    let strange = |char: char| char.is_whitespace() || char.is_control() || char == '\\';
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    if text.contains(strange) || url.fragment().is_some() {
        return false;
    }
    let authority = text
        .split_once("://")
        .and_then(|(_, rest)| rest.split(['/', '?']).next());
    let plain = authority.is_some_and(|authority| !authority.contains('@'));
    match url.scheme() {
        "https" | "http" => plain && is_secure(text),
        scheme => scheme.contains('.') && (plain || authority.is_none()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_and_apps_may_be_sent_to() {
        for url in [
            "https://app.example",
            "https://app.example:8443/callback?tenant=1",
            "HTTPS://app.example/callback",
            "https://bücher.example/cb",
            "http://localhost:3000/callback",
            "http://127.0.0.1/",
            "http://[::1]:8080/cb",
            "com.example.app:/oauth",
            "com.example.app://callback",
            "https://app.example/a@b",
        ] {
            assert!(is_acceptable(url), "{url}");
        }
    }

    #[test]
    fn what_nobody_may_be_sent_to() {
        for url in [
            "",
            "app.example/callback",
            "//app.example",
            "http://app.example",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example/",
            "javascript:alert(1)",
            "javascript://app.example/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "ftp://app.example",
            "myapp://callback",
            "https://user@app.example",
            "https://user:pass@app.example",
            "https://@app.example",
            "https://app.example@evil.example?x",
            "com.example.app://user@host",
            "https://app.example/#part",
            "https://app.example/#",
            "com.example.app:/x#y",
            "https:app.example",
            "https:/app.example",
            "https:\\\\app.example",
            "https://app.example\\@evil.example",
            " https://app.example",
            "https://app.example ",
            "https://app.ex\nample",
            "https://app.example/a b",
            "https://",
            "https://app.example:99999",
        ] {
            assert!(!is_acceptable(url), "{url}");
        }
    }
}
