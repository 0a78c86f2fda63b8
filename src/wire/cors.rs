//! Cross-origin requests: which origins get a grant, and its headers (Fetch Standard §3.2).

use url::Url;

use super::reply::Reply;
use crate::auth::text;
use crate::auth::transport::is_loopback;

const METHODS: &str = "GET,HEAD,PUT,PATCH,POST,DELETE";
const EXPOSED: &str = "X-Cookies, WWW-Authenticate, Retry-After";
const EXPOSED_BY_OAUTH: &str = "WWW-Authenticate, DPoP-Nonce, Retry-After";
const PREFLIGHT_SECONDS: &str = "86400";

/// The origin of an http(s) URL as browsers write it; nothing for any other URL.
pub fn origin_of(url: &str) -> Option<String> {
    let url = text::url(url).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}

/// Origins of hybrid apps: a web view serves the app's own pages from there. Every app of the kind
/// has the same, so only an operator can say that they are meant.
const HYBRID_APPS: [&str; 7] = [
    "capacitor://localhost",
    "ionic://localhost",
    "tauri://localhost",
    "http://localhost",
    "https://localhost",
    "http://tauri.localhost",
    "https://tauri.localhost",
];

/// An origin that an operator names, as browsers write it; nothing for a text that no browser's
/// `Origin` could ever equal, or that names this machine where the deployment is not on it.
pub fn named_origin(text: &str, public_url: &str) -> Option<String> {
    let url = text::url(text).ok()?;
    if !is_bare(&url) {
        return None;
    }
    let origin = match url.scheme() {
        "http" | "https" => url.origin().ascii_serialization(),
        scheme => format!("{scheme}://{}", url.authority()),
    };
    if HYBRID_APPS.contains(&origin.as_str()) {
        return Some(origin);
    }
    let grantable = origin_of(text).is_some() && !origin.contains('*');
    (grantable && (is_loopback(public_url) || !is_loopback(&origin))).then_some(origin)
}

/// Whether a URL is an origin and nothing more; the `/` that ends one is forgiven.
fn is_bare(url: &Url) -> bool {
    matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
}

/// The origins that get a grant: those of the clients' redirect URLs, less the loopback ones of a
/// deployment that is not local, and those that an operator has named.
pub fn allowed_origins<'a>(
    redirect_urls: impl IntoIterator<Item = &'a str>,
    named: &[String],
    public_url: &str,
) -> Vec<String> {
    let local = is_loopback(public_url);
    let mut origins: Vec<String> = redirect_urls
        .into_iter()
        .filter_map(origin_of)
        .filter(|origin| local || !is_loopback(origin))
        .chain(named.iter().cloned())
        .collect();
    origins.sort_unstable();
    origins.dedup();
    origins
}

/// Adds the grant, if the origin has one; `null` and unlisted origins get nothing.
#[must_use]
pub fn grant(reply: Reply, origin: Option<&str>, allowed: &[String]) -> Reply {
    match origin.filter(|origin| allowed.iter().any(|other| other == origin)) {
        Some(origin) => reply
            .with("access-control-allow-origin", origin)
            .with("access-control-allow-credentials", "true")
            .with("access-control-expose-headers", EXPOSED),
        None => reply,
    }
}

/// Lets every origin read an answer, without cookies (Fetch Standard §3.2.4): what the caller has to know
/// stands in the request itself. `null` gets nothing.
#[must_use]
pub fn open(reply: Reply, origin: Option<&str>) -> Reply {
    match origin.filter(|origin| *origin != "null") {
        Some(_) => reply
            .with("access-control-allow-origin", "*")
            .with("access-control-expose-headers", EXPOSED_BY_OAUTH),
        None => reply,
    }
}

/// Answers a preflight of what [`open`] answers.
pub fn open_preflight(origin: Option<&str>, requested: Option<&str>) -> Reply {
    allow(open(Reply::empty(204), origin), requested)
}

/// Answers a preflight; the requested headers are echoed to an allowed origin.
pub fn preflight(origin: Option<&str>, requested: Option<&str>, allowed: &[String]) -> Reply {
    allow(grant(Reply::empty(204), origin, allowed), requested)
}

fn allow(reply: Reply, requested: Option<&str>) -> Reply {
    if !reply.has("access-control-allow-origin") {
        return reply;
    }
    let reply = reply
        .with("access-control-allow-methods", METHODS)
        .with("access-control-max-age", PREFLIGHT_SECONDS)
        .with("vary", "Access-Control-Request-Headers");
    match requested {
        Some(names) => reply.with("access-control-allow-headers", names),
        None => reply,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_origins_are_for_local_deployments() {
        let urls = [
            "https://app.example/cb?x=1",
            "http://localhost:5173/callback",
            "com.example.app:/cb",
            "https://app.example",
            "not a url",
        ];
        assert_eq!(
            allowed_origins(urls, &[], "https://login.example"),
            ["https://app.example"]
        );
        assert_eq!(
            allowed_origins(urls, &[], "http://127.0.0.1:8787"),
            ["http://localhost:5173", "https://app.example"]
        );
    }

    #[test]
    fn an_operator_names_origins_as_browsers_write_them() {
        for (text, origin) in [
            ("https://app.example", "https://app.example"),
            ("HTTPS://App.Example:443/", "https://app.example"),
            ("http://app.example:8080", "http://app.example:8080"),
        ] {
            let named = named_origin(text, "https://login.example");
            assert_eq!(named.as_deref(), Some(origin), "{text}");
        }
    }

    #[test]
    fn hybrid_apps_are_let_in_where_they_are_named_and_nowhere_else() {
        for origin in HYBRID_APPS {
            let named = named_origin(origin, "https://login.example").unwrap();
            assert_eq!(named, origin);
            let allowed = allowed_origins([], &[named], "https://login.example");
            assert_eq!(allowed, [origin]);
            // A client's redirect URL names nothing for everybody.
            let url = format!("{origin}/callback");
            let allowed = allowed_origins([url.as_str()], &[], "https://login.example");
            assert_eq!(allowed, [""; 0], "{origin}");
        }
        for text in [
            "capacitor://localhost:80",
            "capacitor://app",
            "capacitor:localhost",
            "cordova://localhost",
            "app://localhost",
            "http://localhost:8100",
            "http://app.localhost",
            "http://127.0.0.1",
        ] {
            assert_eq!(named_origin(text, "https://login.example"), None, "{text}");
        }
        assert!(named_origin("http://127.0.0.1:3000", "http://localhost:8787").is_some());
    }

    #[test]
    fn what_could_never_match_is_no_origin() {
        for text in [
            "",
            "*",
            "null",
            "app.example",
            "https://*.preview.example",
            "https://%2a.preview.example",
            "https://*",
            "https://app.example/some/where",
            "https://app.example/?",
            "https://app.example?x=1",
            "https://app.example/#",
            "https://user@app.example",
            "https://",
            "com.example.app://callback",
            "file:///",
            "capacitor://localhost/index.html",
        ] {
            for public_url in ["https://login.example", "http://127.0.0.1:8787"] {
                assert_eq!(named_origin(text, public_url), None, "{text}");
            }
        }
    }

    #[test]
    fn only_a_listed_origin_gets_a_grant() {
        let allowed = ["https://app.example".to_owned()];
        let granted =
            |origin| grant(Reply::empty(204), origin, &allowed).has("access-control-allow-origin");
        assert!(granted(Some("https://app.example")));
        for origin in [
            None,
            Some("null"),
            Some("https://evil.example"),
            Some("https://app.example.evil"),
        ] {
            assert!(!granted(origin), "{origin:?}");
            assert_eq!(preflight(origin, Some("x"), &allowed).headers, []);
        }
        assert!(
            preflight(allowed.first().map(String::as_str), Some("x"), &allowed)
                .headers
                .contains(&("access-control-allow-headers", "x".to_owned()))
        );
    }

    #[test]
    fn every_origin_but_null_reads_what_is_open_and_never_with_cookies() {
        for (origin, is_open) in [
            (Some("https://any.example"), true),
            (Some("null"), false),
            (None, false),
        ] {
            let reply = open_preflight(origin, Some("dpop"));
            assert_eq!(reply.has("access-control-allow-origin"), is_open);
            assert_eq!(reply.has("access-control-allow-headers"), is_open);
            assert!(!reply.has("access-control-allow-credentials"));
        }
    }
}
