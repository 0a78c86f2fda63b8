//! A passkey's answer to a ceremony, verified.

use crate::auth::factor::ceremony::{Ceremony, CeremonyPurpose};
use crate::auth::factor::proof::FactorProof;
use crate::auth::id::UserId;
use crate::auth::webauthn::{
    Assertion, AssertionCredential, Base64Url, Expected, Refused, RelyingParty, VerifiedAssertion,
    assert,
};
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, FactorAct, Subject};
use crate::edge::log;
use crate::edge::outbound::web_crypto;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::passkeys::{self, OwnedPasskey};

const INVALID: ErrorKind = ErrorKind::Rejected(Reason::PasskeyInvalid);

/// What a browser brings back from a ceremony.
pub struct PasskeyAnswer<'a> {
    /// The ceremony, sealed.
    pub id: &'a str,
    /// The credential.
    pub credential: &'a AssertionCredential,
}

impl PasskeyAnswer<'_> {
    /// The credential's id in base64url, as it is stored.
    pub fn credential_id(&self) -> Result<String, Error> {
        let id = self.credential.id().map_err(refuse)?;
        Ok(Base64Url::encode(id))
    }
}

/// The relying party; 501 where there is none, which is on an IP address.
pub fn relying_party(app: &App) -> Result<&RelyingParty, Error> {
    let relying_party = app.config.relying_party.as_ref();
    relying_party.ok_or_else(|| ErrorKind::NotConfigured("PASSKEY_RP_ID").into())
}

/// Refuses to go on where there are passkeys of another relying party, which could never be used again.
pub fn require_of(rows_agree: bool) -> Result<(), Error> {
    let what = "PASSKEY_RP_ID must stay what it was when the first passkey was made";
    rows_agree
        .then_some(())
        .ok_or_else(|| ErrorKind::Misconfigured(what.to_owned()).into())
}

/// A ceremony for one purpose, of this user and bound to this place.
pub fn ceremony_of(
    app: &App,
    purpose: CeremonyPurpose,
    text: &str,
    (user_id, place): (&UserId, &str),
) -> Result<Ceremony, Error> {
    let opened = Ceremony::open(&app.config.data_keys, purpose, text, app.now)?;
    let ceremony = opened.filter(|ceremony| {
        ceremony.user_id.as_ref() == Some(user_id) && ceremony.bound_to.as_deref() == Some(place)
    });
    ceremony.ok_or(INVALID.into())
}

/// Verifies a fresh proof, by a passkey of the user who is signed in at this place.
pub async fn verify_own(
    app: &App,
    owner: (&UserId, &str),
    answer: &PasskeyAnswer<'_>,
) -> Result<FactorProof, Error> {
    let ceremony = ceremony_of(app, CeremonyPurpose::Proof, answer.id, owner)?;
    let owned = passkeys::by_credential(&answer.credential_id()?);
    let owned = app.db.run(owned).await?;
    let owned = owned.filter(|owned| owned.account.id == *owner.0);
    verify(app, &ceremony, owned.ok_or(INVALID)?, true, answer).await
}

/// Verifies an assertion by a passkey. `is_identified` is whether its owner was known before.
pub async fn verify(
    app: &App,
    ceremony: &Ceremony,
    mut owned: OwnedPasskey,
    is_identified: bool,
    answer: &PasskeyAnswer<'_>,
) -> Result<FactorProof, Error> {
    let relying_party = relying_party(app)?;
    require_of(owned.rp_id == relying_party.id())?;
    owned.record.identified = is_identified;
    let expected = Expected {
        relying_party,
        challenge: &ceremony.challenge,
        user_presence: true,
        user_verification: true,
    };
    let assertion = match assert(&expected, &owned.record, answer.credential) {
        Ok(Assertion::Verified(assertion)) => Ok(assertion),
        Ok(Assertion::Unverified(unverified)) => {
            let holds = web_crypto::holds(&unverified.signature).await;
            unverified.verified(holds.unwrap_or(false))
        }
        Err(refused) => Err(refused),
    };
    let assertion = assertion.map_err(refuse)?;
    note(app, &owned, assertion);
    Ok(FactorProof::Passkey {
        factor: owned.id,
        challenge: ceremony.digest(),
        assertion,
    })
}

/// Says in the log why a ceremony is refused; the caller learns only that it is.
pub fn refuse(refused: Refused) -> Error {
    log::note(&format!("passkey refused: {refused}"));
    INVALID.into()
}

/// Records that there may be a copy of a key which cannot be on several devices, and that one which was is
/// so no more.
fn note(app: &App, owned: &OwnedPasskey, assertion: VerifiedAssertion) {
    let is_copied = assertion.counter_regressed && !assertion.backup_eligible;
    let act = match (is_copied, assertion.backup_lost) {
        (true, _) => FactorAct::CounterRegressed,
        (false, true) => FactorAct::BackupLost,
        (false, false) => return,
    };
    let subject = Subject {
        user_id: Some(owned.account.id.clone()),
        ..Subject::default()
    };
    audit::record(app, Event::Factor { subject, act });
}
