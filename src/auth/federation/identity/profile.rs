//! The profile of an authenticated person, which every way of authentication leads to.

use crate::auth::federation::http::address;
use crate::auth::federation::identity::claims::session_key;
use crate::auth::federation::identity::id_token::VerifiedClaims;
use crate::auth::federation::identity::names::{Names, VerifiedEmail};
use crate::auth::federation::provider::spec::Provider;

/// A person at a provider, proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalProfile {
    /// Where.
    pub provider: Provider,
    /// The issuer of the subject.
    pub issuer: String,
    /// The person, for ever.
    pub subject: String,
    /// Set only if the provider has verified it: another address is neither stored nor matched.
    pub email: Option<VerifiedEmail>,
    /// What the person is called.
    pub names: Names,
    /// The session there (`session_key`), which a logout token may end.
    pub session: Option<String>,
    /// What is revoked there when the identity or its account ends, encrypted, where the provider gave that.
    pub revocable: Option<String>,
}

impl ExternalProfile {
    pub(in crate::auth::federation) fn of_claims(
        provider: Provider,
        verified: VerifiedClaims,
    ) -> Self {
        let spec = provider.spec();
        Self {
            provider,
            session: session_key(provider, &verified.issuer, &verified.claims),
            issuer: verified.issuer,
            subject: verified.subject,
            email: VerifiedEmail::of_claims(spec, &verified.claims),
            names: Names::of(spec.claims(), &verified.claims),
            revocable: None,
        }
    }

    /// A profile with nothing but the subject.
    pub(in crate::auth::federation) fn nameless(
        provider: Provider,
        issuer: String,
        subject: String,
    ) -> Self {
        Self {
            provider,
            issuer,
            subject,
            email: None,
            names: Names::default(),
            session: None,
            revocable: None,
        }
    }

    /// The username of an account without a verified address: `provider:subject`, the subject
    /// percent-encoded but for letters, digits, `.`, `_` and `-`.
    pub fn username(&self) -> String {
        // `~` is unreserved in URLs, and not here.
        let subject = address::encode(&self.subject).replace('~', "%7E");
        format!("{}:{subject}", self.provider.name())
    }
}
