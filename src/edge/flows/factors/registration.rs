//! Registering a passkey in a session.

use super::own::{OVER, Owner, fresh_owner, require_room};
use super::passkey;
use super::passkeys::{Begun, descriptors};
use crate::auth::factor::ceremony::{self, Ceremony, CeremonyPurpose};
use crate::auth::id::{AttemptId, FactorId};
use crate::auth::secret::Secret;
use crate::auth::webauthn::{self, CreationOptions, Expected, RegistrationCredential};
use crate::edge::app::App;
use crate::edge::flows::audit::FactorAct;
use crate::edge::flows::notifications;
use crate::error::{Error, Reason};
use crate::store::factor_proofs;
use crate::store::passkeys::{self, PasskeyRow};

/// What a passkey is called until its user names it.
const PASSKEY_NAME: &str = "Passkey";

/// Begins to register a passkey.
pub async fn begin(app: &App, token: &Secret) -> Result<Begun<CreationOptions>, Error> {
    let relying_party = passkey::relying_party(app)?;
    let owner = fresh_owner(app, token).await?;
    require_room(&owner)?;
    let (account, session) = (&owner.session.account, &owner.session.id);
    let batch = (
        passkeys::holder(&account.id, session, app.now),
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
        client: Some(owner.session.client.id),
        user_id: Some(account.id.clone()),
        bound_to: Some(session.as_str().to_owned()),
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

/// Stores the passkey that a ceremony in this session has made.
pub async fn add(
    app: &App,
    token: &Secret,
    ceremony: &str,
    credential: &RegistrationCredential,
    name: Option<&str>,
) -> Result<FactorId, Error> {
    let relying_party = passkey::relying_party(app)?;
    let owner = fresh_owner(app, token).await?;
    let (user_id, session) = (&owner.session.account.id, &owner.session.id);
    let keys = &app.config.data_keys;
    let opened = Ceremony::open(keys, CeremonyPurpose::Registration, ceremony, app.now)?;
    let is_ours = |ceremony: &Ceremony| {
        ceremony.user_id.as_ref() == Some(user_id)
            && ceremony.bound_to.as_deref() == Some(session.as_str())
    };
    let ceremony = opened.filter(is_ours);
    let ceremony = ceremony.ok_or(Error::Rejected(Reason::PasskeyInvalid))?;
    let expected = Expected {
        relying_party,
        challenge: &ceremony.challenge,
        user_presence: true,
        user_verification: true,
    };
    let registered = webauthn::register(&expected, credential).map_err(passkey::refuse)?;
    let (id, attempt) = (FactorId::draw()?, AttemptId::draw()?);
    let row = PasskeyRow {
        id: &id,
        user_id,
        name: name.unwrap_or(PASSKEY_NAME),
        passkey: &registered,
        transports: &serde_json::Value::from(registered.transports.clone()).to_string(),
        rp_id: relying_party.id(),
        attempt: &attempt,
    };
    store(app, &owner, &ceremony, &row).await?;
    Ok(id)
}

async fn store(
    app: &App,
    owner: &Owner,
    ceremony: &Ceremony,
    row: &PasskeyRow<'_>,
) -> Result<(), Error> {
    let key = format!("challenge:{}", ceremony.digest());
    let (whose, end) = ((row.user_id, &owner.session.id), ceremony.expires_on);
    let batch = (
        factor_proofs::spend_challenge(&key, whose, row.attempt, end, app.now),
        passkeys::insert(row, app.now),
    );
    let ((), stored) = app.db.run(batch).await?;
    if !stored {
        return Err(Error::Rejected(Reason::PasskeyInvalid));
    }
    owner.record(app, FactorAct::Added);
    notifications::factor_added(app, owner.address());
    Ok(())
}
