//! Cookies (RFC 6265): what a request brought, and the `Set-Cookie` lines of an answer.

use super::incoming::Incoming;
use crate::auth::time::Seconds;

/// To whose requests browsers add a cookie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SameSite {
    /// Our own site's, and links that lead to it.
    #[default]
    Lax,
    /// Every site's; browsers take such a cookie only over https.
    None,
}

/// A cookie to be set, for this host alone and out of scripts' reach.
#[derive(Debug, Clone, Copy)]
pub struct SetCookie<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its value: what [RFC 6265 §4.1.1](https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1)
    /// calls cookie-octets, and no quotes.
    pub value: &'a str,
    /// How long it lives; until the browser closes if that is not said.
    pub max_age: Option<Seconds>,
    /// To whose requests it is added.
    pub same_site: SameSite,
    /// Whether it only travels over https.
    pub secure: bool,
}

impl SetCookie<'_> {
    /// The `Set-Cookie` line. Its lifetime is `Max-Age` alone: ServiceStack's clients split
    /// `Set-Cookie` at the comma that every `Expires` has.
    pub fn line(&self) -> String {
        let mut line = format!("{}={}", self.name, self.value);
        if let Some(seconds) = self.max_age {
            line.push_str(&format!("; Max-Age={}", seconds.get()));
        }
        line.push_str("; Path=/; HttpOnly");
        line.push_str(match self.same_site {
            SameSite::Lax => "; SameSite=Lax",
            SameSite::None => "; SameSite=None",
        });
        if self.secure {
            line.push_str("; Secure");
        }
        line
    }
}

/// The values of a request's cookies of a name, in order. Pairs that are malformed are skipped.
///
/// Quotes around a value are not of it (RFC 6265 §4.1.1): the JVM's cookie jar adds them to what
/// came with `Max-Age` alone, beside `$Version` and `$Path` (RFC 2965), which are other names.
pub fn values<'a>(incoming: &'a Incoming, name: &'a str) -> impl Iterator<Item = &'a str> {
    let headers = incoming.headers.iter();
    headers
        .filter(|(header, _)| header == "cookie")
        .flat_map(|(_, line)| line.split(';'))
        .filter_map(|pair| pair.split_once('='))
        .filter(move |(other, _)| other.trim() == name)
        .map(|(_, value)| unquoted(value.trim()))
}

fn unquoted(value: &str) -> &str {
    let content = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    content.unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::incoming::{Body, Method};

    fn read(lines: &[&str], name: &str) -> Vec<String> {
        let headers = lines
            .iter()
            .map(|line| ("cookie".to_owned(), (*line).to_owned()));
        let incoming = Incoming::new(Method::Get, "/", "", headers.collect(), Body::Bytes(vec![]));
        values(&incoming, name).map(str::to_owned).collect()
    }

    #[test]
    fn cookies_are_found_by_name_in_every_header_line() {
        let lines = ["a=1; b = 2 ;x; =; ;a=3", "ab=4;a==5=", "A=6"];
        assert_eq!(read(&lines, "a"), ["1", "3", "=5="]);
        assert_eq!(read(&lines, "b"), ["2"]);
        assert_eq!(read(&lines, "c"), [""; 0]);
    }

    #[test]
    fn quotes_around_a_value_are_not_of_it() {
        let jvm = "$Version=\"1\"; ss-tok=\"a.b-c\";$Path=\"/\"; ss-reftok=\"r\";$Path=\"/\"";
        assert_eq!(read(&[jvm], "ss-tok"), ["a.b-c"]);
        assert_eq!(read(&[jvm], "ss-reftok"), ["r"]);
        for (value, content) in [
            ("\"\"", ""),
            ("\"\"x\"\"", "\"x\""),
            ("\"", "\""),
            ("\"x", "\"x"),
            ("x\"", "x\""),
            ("'x'", "'x'"),
        ] {
            assert_eq!(read(&[&format!("a={value}")], "a"), [content], "{value}");
        }
    }

    #[test]
    fn a_cookie_has_max_age_and_no_expires() {
        let cookie = SetCookie {
            name: "a",
            value: "b",
            max_age: Some(Seconds::new(900)),
            same_site: SameSite::Lax,
            secure: true,
        };
        let line = "a=b; Max-Age=900; Path=/; HttpOnly; SameSite=Lax; Secure";
        assert_eq!(cookie.line(), line);
        let session = SetCookie {
            max_age: None,
            same_site: SameSite::None,
            secure: false,
            ..cookie
        };
        assert_eq!(session.line(), "a=b; Path=/; HttpOnly; SameSite=None");
    }
}
