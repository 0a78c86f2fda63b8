//! Registering a new credential (WebAuthn §7.1).

use super::authenticator_data::AuthenticatorData;
use super::cbor::{Item, Key};
use super::ceremony::Expected;
use super::client_data::{ClientData, Operation};
use super::cose::PublicKey;
use super::credential::{Base64Url, RegistrationCredential};
use super::refused::Refused;

const MALFORMED: Refused = Refused::Malformed("attestation object");
/// The longest id of a credential, in bytes.
const LONGEST_ID: usize = 1023;

/// A credential record about to be stored (§4). Bytes are in base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPasskey {
    /// The credential's id, which nobody else may have (step 26).
    pub credential_id: String,
    /// Its public key, a COSE key.
    pub public_key: String,
    /// The signature counter.
    pub sign_count: u32,
    /// Whether the authenticator has verified its user (`uvInitialized`).
    pub user_verified: bool,
    /// Whether it may be on several devices.
    pub backup_eligible: bool,
    /// Whether it is.
    pub backed_up: bool,
    /// The authenticator's model; all zero where it does not tell.
    pub aaguid: String,
    /// How the authenticator can be reached.
    pub transports: Vec<String>,
    /// Whether it is found without its id, if the browser knows.
    pub discoverable: Option<bool>,
}

/// Verifies a registration, and what is then to be stored. The first four steps are the browser's;
/// attestation (21 to 24) is not asked for, and ignored where it comes: the result is that of "none".
///
/// # Errors
///
/// The first step that fails.
pub fn register(
    expected: &Expected<'_>,
    credential: &RegistrationCredential,
) -> Result<NewPasskey, Refused> {
    let id = credential.id()?;
    let response = &credential.response;
    // 5 to 11. The hash of 12 is for attestation alone.
    ClientData::read(&response.client_data.0)?.verify(Operation::Create, expected)?;
    // 13
    let authenticator_data = authenticator_data(&response.attestation_object.0)?;
    let data = AuthenticatorData::read(authenticator_data)?;
    // 14 to 17. What 18 and 19 leave to policy is in the record.
    data.verify(expected)?;
    let attested = data.attested.as_ref().ok_or(MALFORMED)?;
    // 20
    PublicKey::read(attested.public_key)?;
    if attested.id != id {
        return Err(Refused::CredentialId);
    }
    // 25
    if id.is_empty() || id.len() > LONGEST_ID {
        return Err(Refused::CredentialIdTooLong);
    }
    // 26 is the database's, when it stores the record. 27; extensions (28) have been passed over.
    Ok(NewPasskey {
        credential_id: Base64Url::encode(id),
        public_key: Base64Url::encode(attested.public_key),
        sign_count: data.sign_count,
        user_verified: data.user_verified(),
        backup_eligible: data.is_backup_eligible(),
        backed_up: data.is_backed_up(),
        aaguid: Base64Url::encode(&attested.aaguid),
        transports: credential.transports(),
        discoverable: credential.is_discoverable(),
    })
}

/// The authenticator data of an attestation object, which has three members (§6.5.4).
fn authenticator_data(object: &[u8]) -> Result<&[u8], Refused> {
    let Ok(Item::Map(map)) = Item::read(object) else {
        return Err(MALFORMED);
    };
    let member = |name| map.get(Key::Name(name));
    match (member("fmt"), member("attStmt"), member("authData")) {
        (Some(Item::Text(_)), Some(Item::Map(_)), Some(Item::Bytes(data))) if map.len() == 3 => {
            Ok(data)
        }
        _ => Err(MALFORMED),
    }
}
