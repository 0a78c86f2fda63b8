//! An id_token's way to a profile.

use url::Url;

use super::failure::Failure;
use super::id_token::Expectation;
use super::person::Names;
use super::profile::Profile;
use super::userinfo::{Found, ProfileRequest};
use crate::auth::jose::provider_token::SignedClaims;

/// What an id_token proves, once its signature is verified.
#[derive(Debug)]
pub struct IdTokenProof {
    /// Where the provider's keys are.
    pub keys: Url,
    pub(super) expectation: Expectation,
    /// Names that came another way.
    pub(super) names: Names,
    /// The question for names, where it can be asked.
    pub(super) names_from: Option<ProfileRequest>,
}

impl IdTokenProof {
    /// Checks the claims at `now` (epoch milliseconds) and reads the profile in them.
    pub fn identify(self, signed: SignedClaims, now: i64) -> Result<Found, Failure> {
        let provider = self.expectation.provider;
        let verified = self.expectation.check(signed, now)?;
        let mut profile = Profile::of_claims(provider, verified);
        profile.names.fill(self.names);
        Ok(Found::named(profile, self.names_from))
    }
}
