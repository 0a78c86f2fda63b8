//! Unicode by the worker's runtime, whose tables cost no bytes: normalisation, and host names in
//! any script.

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
/// The crate `url` knows hosts in ASCII only, since `Cargo.toml` wants `idna_adapter` without its
/// tables. Natively, which is in tests, a simple rule stands in for the runtime's.
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
    use idna::punycode;
    use percent_encoding::percent_decode_str;
    use unicode_normalization::UnicodeNormalization;

    pub fn nfkc(text: &str) -> String {
        text.nfkc().collect()
    }

    pub fn ascii_url(text: &str) -> Option<String> {
        let (scheme, rest) = text.split_once("://")?;
        let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let host = percent_decode_str(host).decode_utf8().ok()?;
        let host = nfkc(&host).to_lowercase();
        let labels = host.split('.').map(|label| match label.is_ascii() {
            true => Some(label.to_owned()),
            false => Some(format!("xn--{}", punycode::encode_str(label)?)),
        });
        let labels: Option<Vec<String>> = labels.collect();
        Some(format!("{scheme}://{}{path}", labels?.join(".")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_lower_case_and_one_in_another_script_is_punycode() {
        for (text, host) in [
            ("https://Login.EXAMPLE/x", "login.example"),
            ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
            ("https://XN--BCHER-KVA.example/", "xn--bcher-kva.example"),
            ("https://Bücher.example:8443/x?y", "xn--bcher-kva.example"),
            ("https://b%C3%BCcher.example", "xn--bcher-kva.example"),
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
