//! Our JSON Web Tokens: what access tokens say, and the keys they are signed and verified with.
//!
//! Every other secret of ours is opaque.

mod claims;
mod key_setting;
mod keys;
mod person;
mod reading;
mod verified;

pub use claims::{AccessClaims, ClaimContext, DeviceInfo, UserPreferences, iso8601};
pub use keys::{ACCESS_TOKEN, TokenKeys};
pub use person::PersonClaims;
pub use reading::{is_good, verified};
pub use verified::{Expiry, VerifiedToken};
