//! An answer as plain data.

use serde::Serialize;

use crate::error::{Error, ErrorKind};

/// The content codings that request bodies are decoded from (RFC 9110 §12.5.3): those of `Coding`.
const CODINGS: &str = "gzip, deflate";
/// After how many seconds a request that an outage has failed may be repeated.
const RETRY_AFTER_OUTAGE: u32 = 5;

/// An answer, before the platform sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Headers in order; names may repeat.
    pub headers: Vec<(&'static str, String)>,
    /// The body; none for 204.
    pub body: Option<Vec<u8>>,
}

impl Reply {
    /// An answer without a body.
    pub const fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: None,
        }
    }

    /// 200 with a JSON body.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self, Error> {
        Self::json_as(200, "application/json", value)
    }

    /// A JSON body under another status or content type.
    pub fn json_as<T: Serialize + ?Sized>(
        status: u16,
        content_type: &str,
        value: &T,
    ) -> Result<Self, Error> {
        let body = serde_json::to_vec(value)
            .map_err(|error| ErrorKind::Internal(format!("writing JSON: {error}")))?;
        Ok(Self {
            status,
            headers: vec![("content-type", content_type.to_owned())],
            body: Some(body),
        })
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same answer with the headers that a failure has in every dialect (RFC 9110 §10.2).
    #[must_use]
    pub fn with_headers_of(self, error: &Error) -> Self {
        match error.kind() {
            ErrorKind::NoSuchMethod(methods) => self.with("allow", methods.join(", ")),
            ErrorKind::UnsupportedCoding(_) => self.with("accept-encoding", CODINGS),
            ErrorKind::TooMany(seconds) => self.with("retry-after", seconds.to_string()),
            ErrorKind::Unavailable(_) => self.with("retry-after", RETRY_AFTER_OUTAGE.to_string()),
            _ => self,
        }
    }

    /// Whether a header of this name is set.
    pub fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(other, _)| *other == name)
    }

    /// The answer as it leaves: with the headers every answer carries.
    ///
    /// Nothing is stored by caches and no referrer is sent unless the endpoint said so; nothing is
    /// sniffed; `https` adds HSTS.
    #[must_use]
    pub fn secured(mut self, https: bool) -> Self {
        if !self.has("cache-control") {
            self = self.with("cache-control", "no-store");
        }
        if !self.has("referrer-policy") {
            self = self.with("referrer-policy", "no-referrer");
        }
        self = self
            .with("x-content-type-options", "nosniff")
            .with("vary", "Origin");
        if https {
            self = self.with(
                "strict-transport-security",
                "max-age=31536000; includeSubDomains",
            );
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_cached_unless_the_endpoint_says_so() {
        let cache = |reply: Reply| {
            let headers = reply.secured(true).headers;
            let values = headers.iter().filter(|(name, _)| *name == "cache-control");
            values.map(|(_, value)| value.clone()).collect::<Vec<_>>()
        };
        assert_eq!(cache(Reply::empty(204)), ["no-store"]);
        assert_eq!(
            cache(Reply::empty(200).with("cache-control", "public")),
            ["public"]
        );
    }

    #[test]
    fn hsts_is_for_https_only() {
        assert!(
            Reply::empty(204)
                .secured(true)
                .has("strict-transport-security")
        );
        assert!(
            !Reply::empty(204)
                .secured(false)
                .has("strict-transport-security")
        );
    }
}
