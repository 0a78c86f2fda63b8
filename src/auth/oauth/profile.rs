//! Who came: the profile that everything before leads to.

use super::address;
use super::claims::session_key;
use super::id_token::VerifiedClaims;
use super::person::{Names, VerifiedEmail};
use super::provider::Provider;

/// A person at a provider, proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Where.
    pub provider: Provider,
    /// Whose subject it is.
    pub issuer: String,
    /// The person, for ever.
    pub subject: String,
    /// Set only if the provider has verified it: another address is neither stored nor matched.
    pub email: Option<VerifiedEmail>,
    /// What the person is called.
    pub names: Names,
    /// The session there (`session_key`), which a logout token may end.
    pub session: Option<String>,
}

impl Profile {
    pub(super) fn of_claims(provider: Provider, verified: VerifiedClaims) -> Self {
        let row = provider.row();
        Self {
            provider,
            session: session_key(provider, &verified.issuer, &verified.claims),
            issuer: verified.issuer,
            subject: verified.subject,
            email: VerifiedEmail::of_claims(row, &verified.claims),
            names: Names::of(row.claims(), &verified.claims),
        }
    }

    /// A person of whom nothing but the subject is known.
    pub(super) fn nameless(provider: Provider, issuer: String, subject: String) -> Self {
        Self {
            provider,
            issuer,
            subject,
            email: None,
            names: Names::default(),
            session: None,
        }
    }

    /// What the account of who has no verified address is called: `provider:subject`, the subject
    /// percent-encoded but for letters, digits, `.`, `_` and `-`.
    pub fn username(&self) -> String {
        // `~` is unreserved in URLs, and not here.
        let subject = address::encode(&self.subject).replace('~', "%7E");
        format!("{}:{subject}", self.provider.name())
    }
}
