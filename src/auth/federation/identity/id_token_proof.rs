//! An id_token's way to a profile.

use url::Url;

use crate::auth::federation::failure::ProviderFailure;
use crate::auth::federation::identity::id_token::Expectation;
use crate::auth::federation::identity::names::Names;
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::federation::identity::userinfo::{Found, ProfileRequest};
use crate::auth::jose::provider_token::SignedClaims;
use crate::auth::time::Timestamp;

/// What an id_token proves, once its signature is verified.
#[derive(Debug)]
pub struct IdTokenProof {
    /// Where the provider's keys are.
    pub keys: Url,
    pub(in crate::auth::federation) expectation: Expectation,
    /// Names that came another way.
    pub(in crate::auth::federation) names: Names,
    /// The question for names, where it can be asked.
    pub(in crate::auth::federation) names_from: Option<ProfileRequest>,
}

impl IdTokenProof {
    /// Checks the claims at `now` and reads the profile in them.
    pub fn identify(self, signed: SignedClaims, now: Timestamp) -> Result<Found, ProviderFailure> {
        let provider = self.expectation.provider;
        let verified = self.expectation.check(signed, now)?;
        let mut profile = ExternalProfile::of_claims(provider, verified);
        profile.names.fill(self.names);
        Ok(Found::named(profile, self.names_from))
    }
}
