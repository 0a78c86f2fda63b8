//! Our JSON Web Tokens: what access tokens say, and the keys they are signed and verified with.
//!
//! Every other secret of ours is opaque.

mod claims;
mod keys;
mod person;
mod verified;

pub use claims::{AccessClaims, ClaimContext, DeviceInfo, UserPreferences, iso8601};
pub use keys::TokenKeys;
pub use person::PersonClaims;
pub use verified::Expiry;
