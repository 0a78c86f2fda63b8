//! E-mail addresses: which texts we are ready to send a message to.

use super::account::{canonical_name, is_overlong};
use super::text::{nfkc, url};

/// The longest address (RFC 5321 §4.5.3.1.3).
const MAX_LENGTH: usize = 254;

/// Whether a text can be one mailbox's address: something@domain, and nothing that a mail header
/// or an address list could take for more.
pub fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| !c.is_control() && !c.is_whitespace() && !"()<>[]:;,\\\"@".contains(c))
    };
    text.len() <= MAX_LENGTH
        && plain(local)
        && plain(domain)
        && !domain.starts_with(['.', '-'])
        && !domain.ends_with(['.', '-'])
        && !domain.contains("..")
}

/// An address as it is written to and stored: NFKC, trimmed.
///
/// Accounts are distinguished by canonical addresses. A message must go to the canonical address, or
/// the owner of another mailbox, whose name merely has the same canonical form, would answer for it.
///
/// A text that is too long for an address is left as it is.
pub fn normalise(text: &str) -> String {
    if is_overlong(text) {
        return text.to_owned();
    }
    nfkc(text).trim().to_owned()
}

/// What messages to an address are counted under. It is never written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The address, folded, without its `+tag`: tags of one mailbox are one mailbox.
    pub address: String,
    /// The domain, as DNS has it.
    pub domain: String,
}

impl Mailbox {
    /// The mailbox of an address, however that is spelled.
    pub fn of(address: &str) -> Self {
        let folded = canonical_name(address);
        let (local, domain) = folded.rsplit_once('@').unwrap_or((&folded, ""));
        let domain = domain_of(domain);
        let untagged = local.split('+').next().filter(|part| !part.is_empty());
        let local = untagged.unwrap_or(local);
        Self {
            address: format!("{local}@{domain}"),
            domain,
        }
    }
}

/// A domain in lower case and ASCII (RFC 5890), so that its two spellings are one.
pub fn domain_of(text: &str) -> String {
    let folded = canonical_name(text);
    let read = url(&format!("https://{folded}"));
    let ascii = read.ok().and_then(|url| url.domain().map(str::to_owned));
    ascii.unwrap_or(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_one_whatever_its_tag_and_spelling() {
        for address in [
            "ann@example.com",
            " Ann+news@Example.com",
            "ann+a+b@example.com",
            "ann+@EXAMPLE.com",
        ] {
            let mailbox = Mailbox::of(address);
            assert_eq!(mailbox.address, "ann@example.com", "{address}");
            assert_eq!(mailbox.domain, "example.com");
        }
        assert_ne!(
            Mailbox::of("ann@example.com"),
            Mailbox::of("bob@example.com")
        );
        assert_eq!(Mailbox::of("+a@example.com").address, "+a@example.com");
    }

    #[test]
    fn an_address_is_written_to_in_the_letters_it_folds_to() {
        for (text, written) in [
            (" Demo@Example.com ", "Demo@Example.com"),
            ("\u{fb01}n@example.com", "fin@example.com"),
            ("\u{212a}im@example.com", "Kim@example.com"),
            ("u\u{308}@example.com", "\u{fc}@example.com"),
        ] {
            assert_eq!(normalise(text), written);
            assert_eq!(
                crate::auth::account::canonical_name(text),
                crate::auth::account::canonical_name(written)
            );
        }
        assert!(!is_address(&normalise("a@b\u{ff0c}c@d")));
    }

    #[test]
    fn addresses_are_told_from_lists_headers_and_nonsense() {
        for address in [
            "a@b",
            "demo@example.com",
            "o'neil+x@sub.example.org",
            "ünï@exämple.de",
        ] {
            assert!(is_address(address), "{address}");
        }
        for text in [
            "",
            "@",
            "a@",
            "@b",
            "a b@c",
            "a@b c",
            "a@b@c",
            "a@b,c@d",
            "a@b\r\nBcc: c@d",
            "a@b\0",
            "<a@b>",
            "A <a@b>",
            "a@b;",
            "a@.b",
            "a@b.",
            "a@b..c",
            "a@-b",
        ] {
            assert!(!is_address(text), "{text:?}");
        }
        assert!(!is_address(&format!("{}@example.com", "x".repeat(250))));
    }
}
