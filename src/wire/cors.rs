//! Cross-origin requests: who gets a grant, and what it says (Fetch Standard §3.2).

use url::Url;

use super::reply::Reply;
use crate::auth::transport::is_loopback;

const METHODS: &str = "GET,HEAD,PUT,PATCH,POST,DELETE";
const EXPOSED: &str = "X-Cookies, WWW-Authenticate";
const PREFLIGHT_SECONDS: &str = "86400";

/// The origin of an http(s) URL as browsers write it; nothing for any other URL.
pub fn origin_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}

/// The origins that get a grant: those given, less the loopback ones of a deployment that is not local.
pub fn allowed_origins<'a>(
    urls: impl IntoIterator<Item = &'a str>,
    public_url: &str,
) -> Vec<String> {
    let local = is_loopback(public_url);
    let mut origins: Vec<String> = urls
        .into_iter()
        .filter_map(origin_of)
        .filter(|origin| local || !is_loopback(origin))
        .collect();
    origins.sort();
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

/// Answers a preflight; the requested headers are echoed to an allowed origin.
pub fn preflight(origin: Option<&str>, requested: Option<&str>, allowed: &[String]) -> Reply {
    let reply = grant(Reply::empty(204), origin, allowed);
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
            allowed_origins(urls, "https://login.example"),
            ["https://app.example"]
        );
        assert_eq!(
            allowed_origins(urls, "http://127.0.0.1:8787"),
            ["http://localhost:5173", "https://app.example"]
        );
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
}
