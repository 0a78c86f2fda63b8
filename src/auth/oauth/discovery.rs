//! Discovery (OpenID Connect Discovery 1.0 §4): where a realm's endpoints are.

use serde_json::{Map, Value};
use url::Url;

use super::call::{Answer, Call};
use super::descriptor::Endpoints;
use super::{Failure, address};

const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// Where a realm's document may be: today's layout, then the one with the old prefix.
#[derive(Debug, Clone)]
pub struct Discovery {
    /// To be tried in this order; the first whose document is good is used.
    pub candidates: [Candidate; 2],
}

/// One place where the document may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who the document must say it is of.
    issuer: String,
    url: Url,
}

impl Discovery {
    /// The places under a host; nothing if the realm's name cannot be a path segment.
    pub(super) fn new(host: &Url, realm: &str) -> Option<Self> {
        Some(Self {
            candidates: [
                Candidate::new(host, &["realms", realm])?,
                Candidate::new(host, &["auth", "realms", realm])?,
            ],
        })
    }
}

impl Candidate {
    fn new(host: &Url, segments: &[&str]) -> Option<Self> {
        // The URL crate drops these two without a word.
        if segments
            .iter()
            .any(|segment| matches!(*segment, "." | ".."))
        {
            return None;
        }
        let mut issuer = host.clone();
        issuer.set_query(None);
        issuer
            .path_segments_mut()
            .ok()?
            .pop_if_empty()
            .extend(segments);
        let url = Url::parse(&format!("{issuer}{WELL_KNOWN}")).ok()?;
        Some(Self {
            issuer: issuer.into(),
            url,
        })
    }

    /// The request for the document. It may be cached by its URL, as [`super::cache`] says.
    pub fn call(&self) -> Call {
        Call::get(self.url.clone())
    }

    /// Reads the document; 503 if this is not a provider we can use.
    ///
    /// `issuer` must be the very URL the document was found under (Discovery §4.3), and the
    /// endpoints https, or on loopback where the issuer is.
    pub fn read(&self, answer: &Answer<'_>) -> Result<Endpoints, Failure> {
        let document = answer
            .object("the discovery document")
            .map_err(|failure| Failure::unavailable(failure.reason))?;
        let issuer = document.get("issuer").and_then(Value::as_str);
        if issuer != Some(self.issuer.as_str()) {
            return Err(Failure::unavailable(
                "the discovery document is of another issuer",
            ));
        }
        let optional = |name| self.endpoint(&document, name);
        let required = |name| {
            optional(name)?.ok_or_else(|| {
                Failure::unavailable(format!("the discovery document has no {name}"))
            })
        };
        Ok(Endpoints {
            issuer: self.issuer.clone(),
            authorize: required("authorization_endpoint")?,
            token: required("token_endpoint")?,
            jwks: Some(required("jwks_uri")?),
            profile: optional("userinfo_endpoint")?,
            introspection: optional("introspection_endpoint")?,
            end_session: optional("end_session_endpoint")?,
            promises_issuer: document.get("authorization_response_iss_parameter_supported")
                == Some(&Value::Bool(true)),
            secret_in_header: !takes_secret_in_body(&document),
        })
    }

    fn endpoint(&self, document: &Map<String, Value>, name: &str) -> Result<Option<Url>, Failure> {
        let Some(value) = document.get(name).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        value
            .as_str()
            .and_then(address::endpoint)
            .filter(|url| url.scheme() == "https" || address::is_loopback(&self.url))
            .map(Some)
            .ok_or_else(|| {
                Failure::unavailable(format!("the discovery document's {name} cannot be used"))
            })
    }
}

/// The default, when nothing is said, is the header (Discovery §3).
fn takes_secret_in_body(document: &Map<String, Value>) -> bool {
    let methods = document.get("token_endpoint_auth_methods_supported");
    methods
        .and_then(Value::as_array)
        .is_some_and(|methods| methods.iter().any(|method| method == "client_secret_post"))
}
