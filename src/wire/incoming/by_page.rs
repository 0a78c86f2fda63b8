//! A request that one of our pages makes to the API, inside the service.

use serde_json::Value;

use super::{Body, Incoming, Method};
use crate::auth::caller::Caller;
use crate::auth::secret::Secret;
use crate::error::Error;
use crate::wire::document::Pairs;

impl Incoming {
    /// A request to the API by the user of a browser; whoever makes one has proven that the browser sent
    /// a form of ours, where it writes.
    pub fn by_page(
        method: Method,
        segments: Vec<String>,
        query: Pairs,
        body: Option<&Value>,
        browser: Secret,
    ) -> Self {
        let body = body.map(|body| body.to_string().into_bytes());
        let incoming = Self::new(
            method,
            "",
            "",
            vec![("content-type".to_owned(), "application/json".to_owned())],
            Body::Bytes(body.unwrap_or_default()),
        );
        Self {
            segments,
            query,
            browser: Some(browser),
            ..incoming
        }
    }

    /// Who asks: the user of the browser whose page does, else the bearer of the token in the header.
    ///
    /// # Errors
    ///
    /// Those of [`Self::bearer`].
    pub fn caller(&self) -> Result<Caller, Error> {
        match &self.browser {
            Some(cookie) => Ok(Caller::Browser(cookie.clone())),
            None => self.bearer().map(Caller::Bearer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn only_a_page_asks_by_a_browser() {
        let browser = Secret::new("cookie");
        let page = Incoming::by_page(Method::Get, vec![], Pairs::default(), None, browser);
        assert!(matches!(page.caller(), Ok(Caller::Browser(_))));
        let header = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        let outside = |headers| Incoming::new(Method::Get, "/", "", headers, Body::Bytes(vec![]));
        let cookie = outside(header("cookie", "__Host-edgelatch=cookie"));
        assert_eq!(cookie.caller().err(), Some(ErrorKind::NoBearer.into()));
        let bearer = outside(header("authorization", "Bearer token"));
        assert!(matches!(bearer.caller(), Ok(Caller::Bearer(_))));
    }
}
