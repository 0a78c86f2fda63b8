//! Where the worker is, and which other origins browsers may call it from.

use url::Url;

use super::reader::{SettingsReader, wrong};
use crate::auth::text;
use crate::error::Error;
use crate::wire::cors::{named_origin, origin_of};

impl<F: Fn(&str) -> Option<String>> SettingsReader<F> {
    pub(super) fn public_url(&self) -> Result<String, Error> {
        let url = self
            .text("PUBLIC_URL")
            .ok_or_else(|| wrong("PUBLIC_URL", "is missing"))?;
        let usable = |url: Url| {
            let host = url.host_str().unwrap_or_default();
            let anonymous = url.username().is_empty() && url.password().is_none();
            let whole = url.query().is_none() && url.fragment().is_none();
            origin_of(url.as_str()).is_some() && anonymous && whole && !host.contains('*')
        };
        if !text::url(&url).is_ok_and(usable) {
            return Err(wrong(
                "PUBLIC_URL",
                "must be an http or https URL, without user, query, fragment and *",
            ));
        }
        Ok(url.trim_end_matches('/').to_owned())
    }

    pub(super) fn allowed_origins(&self, public_url: &str) -> Result<Vec<String>, Error> {
        let names = self.list("ALLOWED_ORIGINS");
        let origins = names.iter().map(|name| named_origin(name, public_url));
        origins.collect::<Option<_>>().ok_or_else(|| {
            wrong(
                "ALLOWED_ORIGINS",
                "must be a list of http(s) origins without path and *, on loopback only beside \
                 such a PUBLIC_URL, or of hybrid apps",
            )
        })
    }
}
