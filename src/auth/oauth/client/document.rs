//! Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document): a client whose id is the
//! URL of its metadata. Nobody vouches for it but whoever serves that URL.

use serde_json::{Map, Value};
use url::Url;

use super::Source;
use super::members::refused;
use super::metadata::{ClientMetadata, Policy};
use crate::auth::id::ClientId;
use crate::auth::jose::algorithm::SignatureAlgorithm;
use crate::auth::oauth::failure::Failure;
use crate::auth::text;
use crate::auth::transport::{is_loopback, is_public};

/// The longest id that is fetched, in bytes.
const LONGEST_ID: usize = 500;
/// The largest document that is read, in bytes (§6.6).
pub const LARGEST: usize = 5_120;

/// The URL of a client's document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentUrl(Url);

impl DocumentUrl {
    /// Reads an id (§3): https with a path, without userinfo, fragment and dot segments, written as a parser
    /// would write it, and of no private network. One on this machine only where this service is on it, too.
    pub fn of(client_id: &ClientId, local: bool) -> Option<Self> {
        let id = client_id.as_str();
        let reachable = is_public(id) || local && is_loopback(id);
        if !reachable || id.len() > LONGEST_ID {
            return None;
        }
        let url = text::url(id).ok()?;
        let plain = url.username().is_empty() && url.password().is_none();
        // What a parser changes (dots, letters, ports) would be two names of one client.
        let whole = plain && url.fragment().is_none() && url.path() != "/" && url.as_str() == id;
        whole.then_some(Self(url))
    }

    /// The URL.
    pub const fn url(&self) -> &Url {
        &self.0
    }

    /// Reads the document that was fetched there.
    ///
    /// # Errors
    ///
    /// `invalid_client_metadata` where it is not this client's, or holds a secret (§4.1), which everybody
    /// could read.
    pub fn read(
        &self,
        document: &Map<String, Value>,
        local: bool,
        signing: &[SignatureAlgorithm],
    ) -> Result<ClientMetadata, Failure> {
        let named = document.get("client_id").and_then(Value::as_str);
        if named != Some(self.0.as_str()) {
            return Err(refused("client_id of the document is not its URL"));
        }
        let secrets = ["client_secret", "client_secret_expires_at"];
        if secrets.iter().any(|name| document.contains_key(*name)) {
            return Err(refused("the document holds a secret"));
        }
        if document.get("client_name").is_none() {
            return Err(refused("client_name is missing"));
        }
        let policy = Policy {
            source: Source::Document,
            local,
            signing,
        };
        ClientMetadata::read(document, policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ID: &str = "https://app.example/client.json";

    fn url(id: &str, local: bool) -> Option<DocumentUrl> {
        DocumentUrl::of(&ClientId::new(id), local)
    }

    #[test]
    fn an_id_that_may_be_fetched_is_written_in_one_way() {
        for id in [
            ID,
            "https://app.example/a/b?c=d",
            "https://app.example:8443/x",
        ] {
            assert!(url(id, false).is_some(), "{id}");
        }
        for id in [
            "https://app.example",
            "https://app.example/",
            "http://app.example/x",
            "https://user@app.example/x",
            "https://app.example/x#y",
            "https://app.example/a/../x",
            "https://app.example/a/./x",
            "https://app.example/%2e%2e/x",
            "https://APP.example/x",
            "https://app.example:443/x",
            "https://localhost/x",
            "https://localhost./x",
            "https://127.0.0.1/x",
            "https://10.0.0.1/x",
            "https://169.254.169.254/x",
            "http://127.0.0.1:9/x",
            "javascript:alert(1)",
            "demo-web",
            "",
            &format!("https://app.example/{}", "x".repeat(500)),
        ] {
            assert!(url(id, false).is_none(), "{id}");
        }
        assert!(url("http://127.0.0.1:9/x", true).is_some());
        assert!(url("http://app.example/x", true).is_none());
    }

    #[test]
    fn a_document_names_itself_and_holds_no_secret() {
        let read = |changes: Value| {
            let mut document = json!({
                "client_id": ID, "client_name": "App", "redirect_uris": ["https://app.example/cb"],
            });
            for (name, value) in changes.as_object().unwrap() {
                document[name] = value.clone();
            }
            let document = document.as_object().unwrap();
            url(ID, false)
                .unwrap()
                .read(document, false, &[SignatureAlgorithm::Rs256])
        };
        assert!(read(json!({})).is_ok());
        for changes in [
            json!({ "client_id": "https://app.example/client.json?" }),
            json!({ "client_id": null }),
            json!({ "client_secret": "s" }),
            json!({ "client_secret_expires_at": 0 }),
            json!({ "redirect_uris": [] }),
            json!({ "token_endpoint_auth_method": "client_secret_post" }),
        ] {
            assert!(read(changes.clone()).is_err(), "{changes}");
        }
    }
}
