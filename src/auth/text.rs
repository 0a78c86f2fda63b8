//! Unicode by the worker's runtime, whose tables cost no bytes: normalisation, and host names in any script.

use url::{ParseError, Url};

/// Brings a text into Unicode's form NFKC (Unicode Standard Annex 15).
pub fn nfkc(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    platform::nfkc(text)
}

/// Reads a URL, whose host may be in any script.
///
/// The crate `url` knows hosts in ASCII only, since `Cargo.lock` has `idna_adapter` without its
/// tables. Natively, which is in tests, no other host is known.
///
/// # Errors
///
/// As of [`Url::parse`].
#[expect(clippy::disallowed_methods, reason = "the one place that calls it")]
pub fn url(text: &str) -> Result<Url, ParseError> {
    match Url::parse(text) {
        Err(ParseError::IdnaError) => {
            let ascii = platform::ascii_url(text).ok_or(ParseError::IdnaError)?;
            Url::parse(&ascii)
        }
        read => read,
    }
}

#[cfg(target_arch = "wasm32")]
mod platform {
    pub fn nfkc(text: &str) -> String {
        js_sys::JsString::from(text).normalize("NFKC").into()
    }

    pub fn ascii_url(text: &str) -> Option<String> {
        Some(web_sys::Url::new(text).ok()?.href())
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod platform {
    use unicode_normalization::UnicodeNormalization;

    pub fn nfkc(text: &str) -> String {
        text.nfkc().collect()
    }

    pub const fn ascii_url(_: &str) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_in_ascii_is_lower_case_and_one_in_punycode_stays() {
        for (text, host) in [
            ("https://Login.EXAMPLE/x", "login.example"),
            ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
            ("https://XN--BCHER-KVA.example/", "xn--bcher-kva.example"),
            ("http://127.1/", "127.0.0.1"),
            ("http://[::1]:8787/", "[::1]"),
        ] {
            assert_eq!(url(text).unwrap().host_str(), Some(host), "{text}");
        }
    }

    #[test]
    fn a_host_with_forbidden_characters_is_refused() {
        for text in [
            "https://a b.example/",
            "https://a%00b.example/",
            "https://a|b/",
            "https://",
        ] {
            assert!(url(text).is_err(), "{text}");
        }
    }
}
