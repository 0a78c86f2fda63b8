//! Registering a passkey: in a session or a browser, or in a sign-in whose user must have a factor.

use super::holder::OVER;
use super::passkey;
use super::passkeys::{Begun, descriptors};
use crate::auth::factor::ceremony::{self, Ceremony, CeremonyPurpose};
use crate::auth::factor::recovery::RecoveryCode;
use crate::auth::id::{AttemptId, FactorId, UserId};
use crate::auth::webauthn::{self, CreationOptions, Expected, RegistrationCredential};
use crate::edge::app::App;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::factor_proofs::{self, ProofContext};
use crate::store::passkeys::{self, PasskeyRow};
use crate::store::recovery_codes;

/// What a passkey is called until its user names it.
const PASSKEY_NAME: &str = "Passkey";

const INVALID: ErrorKind = ErrorKind::Rejected(Reason::PasskeyInvalid);

/// What a browser has made in a ceremony.
pub struct NewCredential<'a> {
    /// The ceremony, sealed.
    pub ceremony: &'a str,
    /// The credential.
    pub credential: &'a RegistrationCredential,
    /// As its user calls it, if they say.
    pub name: Option<&'a str>,
}

/// Who registers a passkey, and where.
pub struct Registrant<'a> {
    /// The user.
    pub user_id: &'a UserId,
    /// The username.
    pub username: &'a str,
    /// What the user is called.
    pub display_name: &'a str,
    /// Where.
    pub place: ProofContext<'a>,
}

/// Begins to register a passkey.
pub async fn begin(
    app: &App,
    registrant: &Registrant<'_>,
) -> Result<Begun<CreationOptions>, Error> {
    let relying_party = passkey::relying_party(app)?;
    let Registrant { user_id, place, .. } = *registrant;
    let batch = (
        passkeys::holder(user_id, place, app.now),
        passkeys::of_user(user_id),
        passkeys::are_of(relying_party.id()),
    );
    let (handle, known, rows_agree) = app.db.run(batch).await?;
    passkey::require_of(rows_agree)?;
    let user = webauthn::Account {
        id: handle.ok_or(OVER)?,
        name: registrant.username.to_owned(),
        display_name: registrant.display_name.to_owned(),
    };
    let ceremony = Ceremony {
        user_id: Some(user_id.clone()),
        bound_to: Some(place.place().to_owned()),
        ..Ceremony::begin(app.now)?
    };
    Ok(Begun {
        id: ceremony.seal(&app.config.data_keys, CeremonyPurpose::Registration)?,
        options: CreationOptions::new(
            relying_party,
            app.config.service_name(),
            user,
            &ceremony.challenge,
            ceremony::LIFETIME,
            descriptors(known),
        ),
    })
}

/// Stores the passkey that a ceremony here has made. Where recovery codes are wanted, the first factor
/// brings them along.
pub async fn add(
    app: &App,
    registrant: &Registrant<'_>,
    new: &NewCredential<'_>,
    wants_codes: bool,
) -> Result<(FactorId, Vec<RecoveryCode>), Error> {
    let relying_party = passkey::relying_party(app)?;
    let Registrant { user_id, place, .. } = *registrant;
    let whose = (user_id, place.place());
    let purpose = CeremonyPurpose::Registration;
    let ceremony = passkey::ceremony_of(app, purpose, new.ceremony, whose)?;
    let expected = Expected {
        relying_party,
        challenge: &ceremony.challenge,
        user_presence: true,
        user_verification: true,
    };
    let registered = webauthn::register(&expected, new.credential).map_err(passkey::refuse)?;
    let (id, attempt) = (FactorId::draw()?, AttemptId::draw()?);
    let row = PasskeyRow {
        id: &id,
        user_id,
        name: new.name.unwrap_or(PASSKEY_NAME),
        passkey: &registered,
        transports: &serde_json::Value::from(registered.transports.clone()).to_string(),
        rp_id: relying_party.id(),
        attempt: &attempt,
        place,
    };
    let codes = store(app, &ceremony, &row, wants_codes).await?;
    Ok((id, codes))
}

async fn store(
    app: &App,
    ceremony: &Ceremony,
    row: &PasskeyRow<'_>,
    wants_codes: bool,
) -> Result<Vec<RecoveryCode>, Error> {
    let key = format!("challenge:{}", ceremony.digest());
    let (attempt, end) = (row.attempt, ceremony.expires_on);
    let codes = RecoveryCode::draw_set_if(wants_codes)?;
    let digests = RecoveryCode::digests(&codes);
    let batch = (
        factor_proofs::spend_challenge(&key, (row.user_id, row.place), attempt, end, app.now),
        passkeys::insert(row, app.now),
        recovery_codes::first(row.user_id, attempt, &digests, app.now),
    );
    let ((), stored, kept) = app.db.run(batch).await?;
    if !stored {
        return Err(INVALID.into());
    }
    Ok(if kept > 0 { codes } else { Vec::new() })
}
