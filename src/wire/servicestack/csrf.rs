//! Login CSRF: a page of another site must not sign its visitors in to any account.
//!
//! Browsers send forms and plain text across sites without asking, with no cookie of ours
//! that could prevent it; but they say where a request comes from.

use super::failure::ServiceStackFailure;
use crate::wire::incoming::{Incoming, Method};

/// Refuses what a browser sent for a page that is neither ours nor allowed.
///
/// `method` is the request's own, not what `X-Http-Method-Override` makes of it; `own_origin` and
/// `allowed` are as browsers write origins. Without either header the caller is no browser.
pub fn check(
    method: Method,
    origin: Option<&str>,
    sec_fetch_site: Option<&str>,
    own_origin: &str,
    allowed: &[String],
) -> Result<(), ServiceStackFailure> {
    if matches!(method, Method::Get | Method::Options) {
        return Ok(());
    }
    let is_allowed = origin.is_some_and(|origin| allowed.iter().any(|other| other == origin));
    let foreign = origin.is_some_and(|origin| origin != own_origin) && !is_allowed;
    let cross_site =
        sec_fetch_site.is_some_and(|site| site.trim().eq_ignore_ascii_case("cross-site"));
    if foreign || (cross_site && !is_allowed) {
        Err(ServiceStackFailure::CrossSite)
    } else {
        Ok(())
    }
}

/// Refuses a sign-out by GET that a page of another site has a browser do: as an image, in a frame,
/// by a script. A top-level navigation is the person's own.
pub fn check_sign_out(incoming: &Incoming, allowed: &[String]) -> Result<(), ServiceStackFailure> {
    let says = |name, word: &str| {
        let said = incoming.header(name).map(str::trim);
        said.is_some_and(|said| said.eq_ignore_ascii_case(word))
    };
    let origin = incoming.header("origin");
    let is_allowed = origin.is_some_and(|origin| allowed.iter().any(|other| other == origin));
    let navigates = says("sec-fetch-mode", "navigate") && says("sec-fetch-dest", "document");
    if incoming.method == Method::Get
        && says("sec-fetch-site", "cross-site")
        && !navigates
        && !is_allowed
    {
        Err(ServiceStackFailure::CrossSite)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::incoming::Body;

    #[test]
    fn a_sign_out_by_get_across_sites_is_for_the_address_bar() {
        let passes = |method, headers: &[(&str, &str)]| {
            let headers = headers.iter();
            let headers = headers.map(|&(name, value)| (name.to_owned(), value.to_owned()));
            let body = Body::Bytes(vec![]);
            let incoming = Incoming::new(method, "/auth/logout", "", headers.collect(), body);
            check_sign_out(&incoming, &[APP.to_owned()]).is_ok()
        };
        let fetched = |site, mode, dest| {
            [
                ("sec-fetch-site", site),
                ("sec-fetch-mode", mode),
                ("sec-fetch-dest", dest),
            ]
        };
        for (mode, dest, passed) in [
            ("navigate", "document", true),
            ("navigate", "iframe", false),
            ("no-cors", "image", false),
            ("no-cors", "document", false),
            ("cors", "empty", false),
        ] {
            assert_eq!(
                passes(Method::Get, &fetched("cross-site", mode, dest)),
                passed,
                "{dest}"
            );
            for site in ["same-origin", "same-site", "none"] {
                assert!(
                    passes(Method::Get, &fetched(site, mode, dest)),
                    "{site} {dest}"
                );
            }
        }
        assert!(!passes(Method::Get, &[("sec-fetch-site", "Cross-Site")]));
        assert!(passes(Method::Get, &[]));
        assert!(passes(
            Method::Get,
            &[("sec-fetch-site", "cross-site"), ("origin", APP)]
        ));
    }

    const OURS: &str = "https://login.example";
    const APP: &str = "https://app.example";

    fn passes(method: Method, origin: Option<&str>, site: Option<&str>) -> bool {
        check(method, origin, site, OURS, &[APP.to_owned()]).is_ok()
    }

    #[test]
    fn only_our_pages_allowed_ones_and_programs_may_post() {
        for (origin, site, passed) in [
            (None, None, true),
            (None, Some("same-origin"), true),
            (None, Some("none"), true),
            (None, Some("cross-site"), false),
            (Some(OURS), None, true),
            (Some(OURS), Some("same-origin"), true),
            (Some(OURS), Some("cross-site"), false),
            (Some(APP), None, true),
            (Some(APP), Some("cross-site"), true),
            (Some(APP), Some("same-site"), true),
            (Some("https://other.example"), Some("same-site"), false),
            (Some("https://evil.example"), None, false),
            (Some("https://evil.example"), Some("same-origin"), false),
            (Some("null"), None, false),
            (Some("null"), Some("cross-site"), false),
            (Some(""), None, false),
            (Some("https://login.example.evil"), None, false),
            (
                Some("https://app.example, https://login.example"),
                None,
                false,
            ),
        ] {
            for method in [
                Method::Post,
                Method::Put,
                Method::Patch,
                Method::Delete,
                Method::Other,
            ] {
                assert_eq!(
                    passes(method, origin, site),
                    passed,
                    "{origin:?} {site:?} {method:?}"
                );
            }
        }
    }

    #[test]
    fn reading_is_nobodys_business() {
        for method in [Method::Get, Method::Options] {
            assert!(passes(
                method,
                Some("https://evil.example"),
                Some("cross-site")
            ));
        }
    }
}
