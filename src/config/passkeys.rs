//! Who passkeys are for.

use url::Host;

use super::reader::{SettingsReader, wrong};
use crate::auth::text;
use crate::auth::transport::is_loopback;
use crate::auth::webauthn::RelyingParty;
use crate::error::Error;
use crate::wire::cors::{named_origin, origin_of};

/// What the origin of an Android app begins with, before the hash of its signing certificate.
const ANDROID: &str = "android:apk-key-hash:";
/// Base64url of a SHA-256.
const HASH_LENGTH: usize = 43;

impl<F: Fn(&str) -> Option<String>> SettingsReader<F> {
    pub(super) fn relying_party(&self, public_url: &str) -> Result<Option<RelyingParty>, Error> {
        let origins = self.passkey_origins(public_url)?;
        let id = match self.text("PASSKEY_RP_ID") {
            Some(id) if domain_of(&format!("https://{id}")).as_ref() == Some(&id) => Some(id),
            Some(_) => {
                return Err(wrong(
                    "PASSKEY_RP_ID",
                    "must be a domain in lower case, without scheme, port and path",
                ));
            }
            None => domain_of(public_url),
        };
        Ok(id.map(|id| RelyingParty::new(id, origins)))
    }

    fn passkey_origins(&self, public_url: &str) -> Result<Vec<String>, Error> {
        let named = self.list("PASSKEY_ORIGINS");
        if named.is_empty() {
            return Ok(origin_of(public_url).into_iter().collect());
        }
        let origins = named.iter().map(|name| origin(name, public_url));
        origins.collect::<Option<_>>().ok_or_else(|| {
            wrong(
                "PASSKEY_ORIGINS",
                "must be a list of https origins without path and *, on loopback only beside such a \
                 PUBLIC_URL, or of Android apps (android:apk-key-hash:…)",
            )
        })
    }
}

/// An origin that runs ceremonies, as browsers and Android write it.
fn origin(name: &str, public_url: &str) -> Option<String> {
    if let Some(hash) = name.strip_prefix(ANDROID) {
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_hash = hash.len() == HASH_LENGTH && hash.bytes().all(is_base64url);
        return is_hash.then(|| name.to_owned());
    }
    // Elsewhere than on loopback browsers know passkeys over https only.
    named_origin(name, public_url)
        .filter(|origin| origin.starts_with("https:") || is_loopback(origin))
}

/// The domain of a URL; nothing for an IP address.
fn domain_of(url: &str) -> Option<String> {
    match text::url(url).ok()?.host()? {
        Host::Domain(domain) if domain.contains('*') => None,
        Host::Domain(domain) => Some(domain.to_owned()),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use std::collections::HashMap;

    fn read(public_url: &str, settings: &[(&str, &str)]) -> Result<Option<RelyingParty>, Error> {
        let settings: HashMap<_, _> = settings.iter().copied().collect();
        let lookup = |name: &str| settings.get(name).map(|&value| value.to_owned());
        SettingsReader::new(lookup).relying_party(public_url)
    }

    #[test]
    fn passkeys_are_of_the_public_urls_host_unless_another_domain_is_named() {
        let relying_party = read("https://login.example", &[]).unwrap().unwrap();
        assert_eq!(relying_party.id(), "login.example");
        assert!(relying_party.has_origin("https://login.example"));
        let settings = [
            ("PASSKEY_RP_ID", "example.com"),
            (
                "PASSKEY_ORIGINS",
                "https://login.example.com, https://app.example.net:8443",
            ),
        ];
        let relying_party = read("https://login.example.com", &settings)
            .unwrap()
            .unwrap();
        assert_eq!(relying_party.id(), "example.com");
        assert!(relying_party.has_origin("https://app.example.net:8443"));
        assert!(!relying_party.has_origin("https://app.example.net"));
        let local = read("http://localhost:8787", &[]).unwrap().unwrap();
        assert!(local.id() == "localhost" && local.has_origin("http://localhost:8787"));
    }

    #[test]
    fn no_passkey_is_of_an_ip_address() {
        assert_eq!(read("http://127.0.0.1:8787", &[]).unwrap(), None);
        assert_eq!(read("https://[2001:db8::1]", &[]).unwrap(), None);
    }

    #[test]
    fn what_no_browser_could_ever_use_is_malformed() {
        let hash = format!("{ANDROID}{}", "a".repeat(43));
        let good = [("PASSKEY_ORIGINS", hash.as_str())];
        assert!(read("https://login.example", &good).is_ok());
        for (name, value) in [
            ("PASSKEY_RP_ID", "https://login.example"),
            ("PASSKEY_RP_ID", "Login.example"),
            ("PASSKEY_RP_ID", "login.example:8443"),
            ("PASSKEY_RP_ID", "127.0.0.1"),
            ("PASSKEY_RP_ID", "*.example"),
            ("PASSKEY_ORIGINS", "login.example"),
            ("PASSKEY_ORIGINS", "http://login.example"),
            ("PASSKEY_ORIGINS", "https://login.example/x"),
            ("PASSKEY_ORIGINS", "https://*.example"),
            ("PASSKEY_ORIGINS", "http://127.0.0.1:8787"),
            ("PASSKEY_ORIGINS", "android:apk-key-hash:abc"),
            ("PASSKEY_ORIGINS", "null"),
        ] {
            let complaint = read("https://login.example", &[(name, value)]).unwrap_err();
            assert!(
                matches!(complaint.kind(), ErrorKind::Misconfigured(what) if what.starts_with(name)),
                "{value}"
            );
        }
    }
}
