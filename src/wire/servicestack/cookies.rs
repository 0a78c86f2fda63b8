//! The cookies of this surface: their names, and the headers that may stand in for them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::auth::time::Seconds;
use crate::wire::cookies::{self, SameSite, SetCookie};
use crate::wire::incoming::Incoming;

/// The header, and its value, by which clients notice that there are token cookies. They compare
/// without trimming, so there must be no space.
pub const X_COOKIES: (&str, &str) = ("x-cookies", "ss-tok,ss-reftok");

/// Twenty years: the life of the cookies that outlast the browser.
pub const PERMANENT: Seconds = Seconds::DAY.times(20 * 365);

const UNESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// A cookie of this surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// `ss-id`: the session, until the browser closes.
    SessionId,
    /// `ss-pid`: the session that is remembered.
    PermanentSessionId,
    /// `ss-opt`: which of the two counts, `temp` or `perm`.
    Options,
    /// `X-UAId`: the user's id.
    UserId,
    /// `ss-tok`: the access token.
    AccessToken,
    /// `ss-reftok`: the refresh token.
    RefreshToken,
}

/// What a sign-out deletes; `ss-opt` is a preference and stays.
pub const SIGN_OUT: [Cookie; 5] = [
    Cookie::SessionId,
    Cookie::PermanentSessionId,
    Cookie::UserId,
    Cookie::AccessToken,
    Cookie::RefreshToken,
];

impl Cookie {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SessionId => "ss-id",
            Self::PermanentSessionId => "ss-pid",
            Self::Options => "ss-opt",
            Self::UserId => "X-UAId",
            Self::AccessToken => "ss-tok",
            Self::RefreshToken => "ss-reftok",
        }
    }

    /// The header that may stand in its place.
    const fn header(self) -> Option<&'static str> {
        match self {
            Self::SessionId => Some("x-ss-id"),
            Self::PermanentSessionId => Some("x-ss-pid"),
            Self::Options => Some("x-ss-opt"),
            _ => None,
        }
    }

    /// Its value in a request, decoded. What does not decode is skipped, and an empty value is none:
    /// clients keep deleted cookies that way.
    pub fn read(self, incoming: &Incoming) -> Option<String> {
        let mut values = cookies::values(incoming, self.name())
            .filter_map(|value| percent_decode_str(value).decode_utf8().ok())
            .filter(|value| !value.is_empty());
        let in_header = || {
            let value = self.header().and_then(|name| incoming.header(name))?;
            Some(value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        values
            .next()
            .map(std::borrow::Cow::into_owned)
            .or_else(in_header)
    }

    /// The `Set-Cookie` that sets it, for a time or until the browser closes. Over http
    /// it stays with our own site's requests, since browsers would not take it otherwise.
    pub fn set(
        self,
        value: &str,
        max_age: Option<Seconds>,
        https: bool,
        same_site: SameSite,
    ) -> String {
        let cookie = SetCookie {
            name: self.name(),
            value: &utf8_percent_encode(value, UNESCAPED).to_string(),
            max_age,
            same_site: if https { same_site } else { SameSite::Lax },
            secure: https,
        };
        cookie.line()
    }

    /// The `Set-Cookie` that deletes it.
    pub fn delete(self, https: bool, same_site: SameSite) -> String {
        self.set("", Some(Seconds::ZERO), https, same_site)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::incoming::{Body, Method};

    fn incoming(headers: &[(&str, &str)]) -> Incoming {
        let headers = headers
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Incoming::new(Method::Get, "/auth", "", headers, Body::Bytes(vec![]))
    }

    fn read(cookie: Cookie, header: &str) -> Option<String> {
        cookie.read(&incoming(&[("cookie", header)]))
    }

    #[test]
    fn a_jar_full_of_bogus_pairs_is_read() {
        let jar = "ss-tok=TOK1; 05 Dec 2026 20:40:10 GMT=null; x; =; ; ss-reftok=REF1; 19 Feb 2027 20:40:10 GMT=null";
        assert_eq!(read(Cookie::AccessToken, jar).as_deref(), Some("TOK1"));
        assert_eq!(read(Cookie::RefreshToken, jar).as_deref(), Some("REF1"));
        assert_eq!(read(Cookie::SessionId, jar), None);
    }

    #[test]
    fn an_empty_value_is_no_cookie() {
        assert_eq!(read(Cookie::AccessToken, "ss-tok=; ss-reftok="), None);
        assert_eq!(read(Cookie::AccessToken, "ss-tok=\"\"; ss-reftok="), None);
        assert_eq!(
            read(Cookie::AccessToken, "ss-tok=;ss-tok=x").as_deref(),
            Some("x")
        );
    }

    #[test]
    fn the_cookies_of_the_jvm_are_read_without_their_quotes() {
        let jar = "$Version=\"1\"; ss-tok=\"a.b%2Bc\";$Path=\"/\";$Domain=\"x\"; ss-opt=\"temp\";$Path=\"/\"";
        assert_eq!(read(Cookie::AccessToken, jar).as_deref(), Some("a.b+c"));
        assert_eq!(read(Cookie::Options, jar).as_deref(), Some("temp"));
        assert_eq!(read(Cookie::RefreshToken, jar), None);
    }

    #[test]
    fn values_are_decoded_and_what_does_not_decode_is_skipped() {
        assert_eq!(
            read(Cookie::SessionId, "ss-id=pid%2B%2F%3D+").as_deref(),
            Some("pid+/=+")
        );
        assert_eq!(read(Cookie::SessionId, "ss-id=a=b").as_deref(), Some("a=b"));
        assert_eq!(
            read(Cookie::SessionId, "ss-id=%FF; ss-id=y").as_deref(),
            Some("y")
        );
        assert_eq!(read(Cookie::SessionId, "ss-id=%").as_deref(), Some("%"));
        assert_eq!(read(Cookie::SessionId, "SS-ID=x; ss-idx=y"), None);
    }

    #[test]
    fn a_header_stands_in_for_a_session_cookie_but_not_for_a_token() {
        let headers = [
            ("x-ss-id", "a"),
            ("x-ss-opt", "perm"),
            ("x-ss-tok", "t"),
            ("x-ss-pid", " "),
        ];
        let request = incoming(&headers);
        assert_eq!(Cookie::SessionId.read(&request).as_deref(), Some("a"));
        assert_eq!(Cookie::Options.read(&request).as_deref(), Some("perm"));
        assert_eq!(Cookie::PermanentSessionId.read(&request), None);
        assert_eq!(Cookie::AccessToken.read(&request), None);
        let both = incoming(&[
            ("x-ss-id", "a"),
            ("cookie", "ss-id=b"),
            ("cookie", "ss-pid=c"),
        ]);
        assert_eq!(Cookie::SessionId.read(&both).as_deref(), Some("b"));
        assert_eq!(Cookie::PermanentSessionId.read(&both).as_deref(), Some("c"));
    }

    #[test]
    fn a_cookie_has_max_age_and_no_expires_and_is_secure_over_https_only() {
        assert_eq!(
            Cookie::AccessToken.set("a.b-c_d", Some(Seconds::new(900)), true, SameSite::Lax),
            "ss-tok=a.b-c_d; Max-Age=900; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            Cookie::SessionId.set("x", None, false, SameSite::Lax),
            "ss-id=x; Path=/; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            Cookie::RefreshToken.delete(false, SameSite::Lax),
            "ss-reftok=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn cross_site_cookies_need_https() {
        let set = |https| Cookie::SessionId.set("x", None, https, SameSite::None);
        assert_eq!(
            set(true),
            "ss-id=x; Path=/; HttpOnly; SameSite=None; Secure"
        );
        assert_eq!(set(false), "ss-id=x; Path=/; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn a_sign_out_keeps_the_preference() {
        assert!(!SIGN_OUT.contains(&Cookie::Options));
        let names = SIGN_OUT.map(Cookie::name);
        assert_eq!(names, ["ss-id", "ss-pid", "X-UAId", "ss-tok", "ss-reftok"]);
    }

    proptest! {
        #[test]
        fn a_value_comes_back_as_it_was_set_and_breaks_out_of_nothing(value in ".+") {
            let line = Cookie::UserId.set(&value, None, false, SameSite::Lax);
            let (pair, rest) = line.split_once(';').unwrap();
            prop_assert_eq!(rest, " Path=/; HttpOnly; SameSite=Lax");
            prop_assert!(pair.is_ascii() && !pair.contains([',', '\r', '\n', ' ']));
            let back = read(Cookie::UserId, pair);
            prop_assert_eq!(back, Some(value));
        }

        #[test]
        fn no_header_makes_it_panic(text in ".*", marks in "(ss-id|[=;% ,\"])*") {
            let _ = (read(Cookie::SessionId, &text), read(Cookie::SessionId, &marks));
        }
    }
}
