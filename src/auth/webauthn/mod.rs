//! Passkeys: what a relying party verifies of them (Web Authentication Level 3).
//!
//! Attestation is neither asked for nor believed, so two grammars are enough: a reader of CBOR that
//! takes what authenticators must write (CTAP2's canonical form, RFC 8949 §4.2.1) and nothing else,
//! and the COSE keys of the three algorithms that are offered. The numbers in comments are the steps
//! of §7.1 (registration) and §7.2 (authentication).

mod assertion;
pub mod authenticator_data;
mod cbor;
mod ceremony;
pub mod client_data;
pub mod cose;
mod credential;
mod options;
mod refused;
mod registration;
mod relying_party;

pub use assertion::{Assertion, StoredPasskey, VerifiedAssertion, assert};
pub use ceremony::Expected;
pub use credential::{AssertionCredential, Base64Url, RegistrationCredential};
pub use options::{Account, CreationOptions, Descriptor, RequestOptions};
pub use refused::Refused;
pub use registration::{NewPasskey, register};
pub use relying_party::RelyingParty;

#[cfg(test)]
mod example;
#[cfg(test)]
mod tests;
