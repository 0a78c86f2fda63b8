//! Registering a passkey, in a session or a browser.

use super::holder::{Holder, OVER};
use super::passkey;
use super::passkeys::{Begun, descriptors};
use crate::auth::factor::ceremony::{self, Ceremony, CeremonyPurpose};
use crate::auth::factor::recovery::RecoveryCode;
use crate::auth::id::{AttemptId, FactorId};
use crate::auth::webauthn::{self, CreationOptions, Expected, RegistrationCredential};
use crate::edge::app::App;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::passkeys::{self, PasskeyRow};
use crate::store::{factor_proofs, recovery_codes};

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

/// Begins to register a passkey.
pub async fn begin(app: &App, holder: &Holder<'_>) -> Result<Begun<CreationOptions>, Error> {
    let relying_party = passkey::relying_party(app)?;
    holder.require_room()?;
    let (account, place) = (holder.account, holder.place);
    let batch = (
        passkeys::holder(&account.id, place, app.now),
        passkeys::of_user(&account.id),
        passkeys::are_of(relying_party.id()),
    );
    let (handle, known, rows_agree) = app.db.run(batch).await?;
    passkey::require_of(rows_agree)?;
    let user = webauthn::Account {
        id: handle.ok_or(OVER)?,
        name: account.username.clone(),
        display_name: account.first_name.clone(),
    };
    let ceremony = Ceremony {
        user_id: Some(account.id.clone()),
        bound_to: Some(place.as_str().to_owned()),
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
    holder: &Holder<'_>,
    new: &NewCredential<'_>,
    wants_codes: bool,
) -> Result<(FactorId, Vec<RecoveryCode>), Error> {
    let relying_party = passkey::relying_party(app)?;
    let user_id = &holder.account.id;
    let purpose = CeremonyPurpose::Registration;
    let ceremony =
        passkey::ceremony_of(app, purpose, new.ceremony, (user_id, holder.place.as_str()))?;
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
    };
    let codes = store(app, holder, &ceremony, &row, wants_codes).await?;
    Ok((id, codes))
}

async fn store(
    app: &App,
    holder: &Holder<'_>,
    ceremony: &Ceremony,
    row: &PasskeyRow<'_>,
    wants_codes: bool,
) -> Result<Vec<RecoveryCode>, Error> {
    let key = format!("challenge:{}", ceremony.digest());
    let (attempt, end) = (row.attempt, ceremony.expires_on);
    let codes = RecoveryCode::draw_set_if(wants_codes)?;
    let digests = RecoveryCode::digests(&codes);
    let batch = (
        factor_proofs::spend_challenge(&key, (row.user_id, holder.place), attempt, end, app.now),
        passkeys::insert(row, app.now),
        recovery_codes::first(row.user_id, attempt, &digests, app.now),
    );
    let ((), stored, kept) = app.db.run(batch).await?;
    if !stored {
        return Err(INVALID.into());
    }
    holder.added(app);
    Ok(if kept > 0 { codes } else { Vec::new() })
}
