//! The relying party: who passkeys are for, and which pages may use them.

use crate::auth::text;

/// The relying party (settings `PASSKEY_RP_ID`, `PASSKEY_ORIGINS`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    id: String,
    origins: Vec<String>,
}

impl RelyingParty {
    /// The relying party of an id, a domain, whose ceremonies run on the pages of these origins.
    pub const fn new(id: String, origins: Vec<String>) -> Self {
        Self { id, origins }
    }

    /// The RP ID. Passkeys belong to it for ever.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether pages of an origin may run ceremonies. Scheme, host and port are compared, as a text.
    pub fn has_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|known| known == origin)
    }

    /// The origins that `/.well-known/webauthn` lists (§5.11.1): all of the web's, where one of them
    /// is not of the RP ID's own domain, and so needs the list; nothing otherwise.
    pub fn related_origins(&self) -> Option<Vec<&str>> {
        let of_the_web = self.origins.iter().map(String::as_str);
        let of_the_web: Vec<&str> = of_the_web
            .filter(|origin| origin.starts_with("https://"))
            .collect();
        let is_related = |origin: &&str| !is_within(origin, &self.id);
        of_the_web.iter().any(is_related).then_some(of_the_web)
    }
}

/// Whether an origin's host is the domain or in it (HTML §7.1.1, "is a registrable domain suffix of
/// or is equal to", but for the list of public suffixes, which browsers have).
fn is_within(origin: &str, domain: &str) -> bool {
    let url = text::url(origin).ok();
    let host = url.as_ref().and_then(|url| url.host_str());
    host.is_some_and(|host| {
        let parent = host.strip_suffix(domain);
        parent.is_some_and(|parent| parent.is_empty() || parent.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(origins: &[&str]) -> RelyingParty {
        let origins = origins.iter().map(|&origin| origin.to_owned()).collect();
        RelyingParty::new("login.example".to_owned(), origins)
    }

    #[test]
    fn origins_of_other_domains_are_related_and_those_of_the_own_need_no_list() {
        for own in [
            &["https://login.example"][..],
            &["https://login.example", "https://eu.login.example:8443"],
            &["http://localhost:8787", "android:apk-key-hash:abc"],
            &[],
        ] {
            assert_eq!(of(own).related_origins(), None, "{own:?}");
        }
        let both = of(&[
            "https://login.example",
            "https://app.example.net",
            "android:apk-key-hash:abc",
        ]);
        assert_eq!(
            both.related_origins(),
            Some(vec!["https://login.example", "https://app.example.net"])
        );
        assert!(
            of(&["https://evil-login.example"])
                .related_origins()
                .is_some()
        );
    }
}
