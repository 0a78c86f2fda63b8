//! Verifying an authentication assertion (WebAuthn §7.2).

use sha2::{Digest, Sha256};

use super::authenticator_data::AuthenticatorData;
use super::ceremony::Expected;
use super::client_data::{ClientData, Operation};
use super::cose::{PublicKey, SignatureVerdict};
use super::credential::{AssertionCredential, Base64Url};
use super::refused::Refused;
use crate::auth::jose::detached::DetachedSignature;

/// A credential record, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPasskey {
    /// Its public key, a COSE key in base64url.
    pub public_key: String,
    /// The signature counter.
    pub sign_count: u32,
    /// Whether it may be on several devices.
    pub backup_eligible: bool,
    /// Whether it was, when it was used last.
    pub backed_up: bool,
    /// Its owner's user handle, in base64url.
    pub user_handle: String,
    /// Whether the owner was known before the ceremony began, and the record looked up among theirs.
    pub identified: bool,
}

/// An assertion that holds, and what the record is to remember of it (step 24).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedAssertion {
    /// The signature counter.
    pub sign_count: u32,
    /// Whether the credential is on several devices.
    pub backed_up: bool,
    /// Whether it may be.
    pub backup_eligible: bool,
    /// Whether the counter has not grown, though there is one (step 22): there may be a copy of the key.
    /// Where the credential may be on several devices it means nothing.
    pub counter_regressed: bool,
    /// Whether the only device with the credential is this one now, and was not before.
    pub backup_lost: bool,
}

/// What a verified assertion has come to.
#[derive(Debug)]
pub enum Assertion {
    /// It holds.
    Verified(VerifiedAssertion),
    /// It holds if its signature does, which the platform is to verify.
    Unverified(UnverifiedAssertion),
}

/// An assertion whose RSA signature the platform is to verify.
#[derive(Debug)]
pub struct UnverifiedAssertion {
    /// The signature.
    pub signature: Box<DetachedSignature>,
    assertion: VerifiedAssertion,
}

impl UnverifiedAssertion {
    /// What there is once the platform has said whether the signature holds.
    pub fn verified(self, holds: bool) -> Result<VerifiedAssertion, Refused> {
        holds.then_some(self.assertion).ok_or(Refused::Signature)
    }
}

impl StoredPasskey {
    /// Whether an assertion names the owner, or nobody where the owner was known before.
    fn is_owned_by(&self, user_handle: Option<&Base64Url>) -> bool {
        match user_handle {
            Some(handle) => Base64Url::encode(&handle.0) == self.user_handle,
            None => self.identified,
        }
    }
}

impl VerifiedAssertion {
    const fn new(data: &AuthenticatorData<'_>, stored: &StoredPasskey) -> Self {
        let has_counter = data.sign_count != 0 || stored.sign_count != 0;
        Self {
            sign_count: data.sign_count,
            backed_up: data.is_backed_up(),
            backup_eligible: data.is_backup_eligible(),
            counter_regressed: has_counter && data.sign_count <= stored.sign_count,
            backup_lost: stored.backed_up && !data.is_backed_up(),
        }
    }
}

/// Verifies an assertion by a credential. The first four steps are the browser's; the record was
/// looked up (5 and 6) by the credential's id, and by its owner where that was known.
///
/// # Errors
///
/// The first step that fails.
pub fn assert(
    expected: &Expected<'_>,
    stored: &StoredPasskey,
    credential: &AssertionCredential,
) -> Result<Assertion, Refused> {
    let response = &credential.response;
    // 6
    if !stored.is_owned_by(response.user_handle.as_ref()) {
        return Err(Refused::UserHandle);
    }
    // 7 to 14
    let client_data = &response.client_data.0;
    ClientData::read(client_data)?.verify(Operation::Get, expected)?;
    // 15 to 18
    let authenticator_data = &response.authenticator_data.0;
    let data = AuthenticatorData::read(authenticator_data)?;
    data.verify(expected)?;
    // 19
    if data.is_backup_eligible() != stored.backup_eligible {
        return Err(Refused::BackupEligibility);
    }
    // 20 and 21
    let signed = [authenticator_data.as_slice(), &Sha256::digest(client_data)].concat();
    let key = stored_key(&stored.public_key)?;
    let signature = key.verify(signed, &response.signature.0);
    // 22 to 24
    let assertion = VerifiedAssertion::new(&data, stored);
    match signature {
        SignatureVerdict::Holds => Ok(Assertion::Verified(assertion)),
        SignatureVerdict::Wrong => Err(Refused::Signature),
        SignatureVerdict::Unverified(signature) => Ok(Assertion::Unverified(UnverifiedAssertion {
            signature,
            assertion,
        })),
    }
}

fn stored_key(text: &str) -> Result<PublicKey, Refused> {
    let bytes = Base64Url::decode(text).ok_or(Refused::Malformed("stored key"))?;
    PublicKey::read(&bytes)
}
