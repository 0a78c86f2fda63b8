//! A client's redirect URL: the one rule for where a browser may be sent with a code.

use url::Url;

use super::text;
use super::transport::is_secure;

/// A URL that may receive a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectUrl(Url);

impl RedirectUrl {
    /// Reads one: https, or http on this machine, or an app's own scheme with a dot in it (RFC 8252
    /// §7.1); without userinfo and fragment (RFC 6749 §3.1.2), and of one host, not of a pattern.
    ///
    /// URL parsers forgive much; what they would forgive is refused, or another parser may see
    /// another host in it.
    pub fn parse(text: &str) -> Option<Self> {
        let strange = |char: char| char.is_whitespace() || char.is_control() || char == '\\';
        let url = text::url(text).ok()?;
        let pattern = url.host_str().is_some_and(|host| host.contains('*'));
        if text.contains(strange) || url.fragment().is_some() || pattern {
            return None;
        }
        let authority = text
            .split_once("://")
            .and_then(|(_, rest)| rest.split(['/', '?']).next());
        let plain = authority.is_some_and(|authority| !authority.contains('@'));
        let accepted = match url.scheme() {
            "https" | "http" => plain && is_secure(text),
            scheme => scheme.contains('.') && (plain || authority.is_none()),
        };
        accepted.then_some(Self(url))
    }

    /// Whether it belongs to a web page. An app's own scheme is no proof of the app: another may
    /// claim it.
    pub fn is_web(&self) -> bool {
        matches!(self.0.scheme(), "https" | "http")
    }

    /// What a page's `form-action` names to let a form end there (CSP3 §2.3.1): the origin, or an
    /// app's scheme.
    pub fn form_action(&self) -> String {
        if self.is_web() {
            self.0.origin().ascii_serialization()
        } else {
            format!("{}:", self.0.scheme())
        }
    }

    /// As the parser has it.
    pub const fn url(&self) -> &Url {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    /// Held to by `npm run bootstrap` and by the worker too, which also reads the hosts in other
    /// scripts.
    #[derive(Deserialize)]
    struct Vectors {
        accepted: Vec<String>,
        refused: Vec<String>,
    }

    fn vectors() -> Vectors {
        serde_json::from_str(include_str!("../../tests/vectors/redirect_urls.json")).unwrap()
    }

    #[test]
    fn what_browsers_and_apps_may_be_sent_to() {
        for url in vectors().accepted {
            assert!(RedirectUrl::parse(&url).is_some(), "{url}");
        }
    }

    #[test]
    fn what_nobody_may_be_sent_to() {
        for url in vectors().refused {
            assert!(RedirectUrl::parse(&url).is_none(), "{url}");
        }
    }

    #[test]
    fn a_scheme_of_its_own_is_no_web_page() {
        let is_web = |url| RedirectUrl::parse(url).unwrap().is_web();
        assert!(is_web("https://app.example") && is_web("http://localhost"));
        assert!(!is_web("com.example.app:/oauth"));
    }
}
