//! What users do with their own factors in a session. Every change needs a fresh proof.

use super::apps::{self, Enrolment};
use super::changes;
use super::holder::{Holder, OVER};
use super::passkeys::Begun;
use super::registration::NewCredential;
use crate::auth::factor::fresh_proof;
use crate::auth::factor::kind::Factors;
use crate::auth::factor::recovery::RecoveryCode;
use crate::auth::id::FactorId;
use crate::auth::secret::Secret;
use crate::auth::webauthn::CreationOptions;
use crate::edge::app::App;
use crate::edge::flows::audit::FactorAct;
use crate::edge::flows::credentials::{self, TokenSubject};
use crate::edge::flows::notifications;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::factors::{self as rows, FactorRow};
use crate::store::sessions::{self, LiveSession};

/// The user of a session, and which factors they have.
pub struct Owner {
    /// The session.
    pub session: LiveSession,
    /// The factors.
    pub factors: Factors,
}

/// The user of the bearer's session, in one trip.
pub async fn owner(app: &App, token: &Secret) -> Result<Owner, Error> {
    let TokenSubject::Session(id) = credentials::session_id(app, token)? else {
        return Err(ErrorKind::Rejected(Reason::TokenInvalid).into());
    };
    let batch = (sessions::live(&id, app.now), rows::of_session(&id));
    let (session, factors) = app.db.run(batch).await?;
    let session = session.ok_or(OVER)?;
    let factors = factors.unwrap_or_default();
    Ok(Owner { session, factors })
}

/// The same, who has just proven the strongest factor that they have.
pub async fn fresh_owner(app: &App, token: &Secret) -> Result<Owner, Error> {
    let owner = owner(app, token).await?;
    fresh_proof::require(&owner.session.assurance, &owner.factors, app.now)?;
    Ok(owner)
}

impl Owner {
    pub(super) fn holder(&self) -> Holder<'_> {
        Holder::of_session(&self.session, self.factors)
    }

    pub(super) fn record(&self, app: &App, act: FactorAct) {
        self.holder().record(app, act);
    }

    pub(super) fn address(&self) -> notifications::Owner<'_> {
        self.holder().address()
    }
}

/// The factors of the bearer, and how many recovery codes are left.
pub async fn list(app: &App, token: &Secret) -> Result<(Vec<FactorRow>, Factors), Error> {
    let TokenSubject::Session(id) = credentials::session_id(app, token)? else {
        return Err(ErrorKind::Rejected(Reason::TokenInvalid).into());
    };
    let batch = (
        sessions::live(&id, app.now),
        rows::of_session(&id),
        rows::list(&id),
    );
    let (session, factors, list) = app.db.run(batch).await?;
    session.ok_or(OVER)?;
    Ok((list, factors.unwrap_or_default()))
}

/// Names a factor; whether there is such a one.
pub async fn rename(app: &App, token: &Secret, id: &FactorId, name: &str) -> Result<bool, Error> {
    let owner = fresh_owner(app, token).await?;
    changes::rename(app, &owner.holder(), id, name).await
}

/// Removes a factor, and ends what rests on it; whether there was such a one.
pub async fn remove(app: &App, token: &Secret, id: &FactorId) -> Result<bool, Error> {
    let owner = fresh_owner(app, token).await?;
    changes::remove(app, &owner.holder(), id).await
}

/// Begins to enrol an authenticator app.
pub async fn begin_app(app: &App, token: &Secret, name: Option<&str>) -> Result<Enrolment, Error> {
    let owner = fresh_owner(app, token).await?;
    changes::begin_app(app, &owner.holder(), name.unwrap_or(apps::NAME)).await
}

/// Confirms an app by its first code. The first factor brings recovery codes along; nothing where no
/// such app waits.
pub async fn confirm_app(
    app: &App,
    token: &Secret,
    id: &FactorId,
    code: &str,
) -> Result<Option<Vec<RecoveryCode>>, Error> {
    let owner = fresh_owner(app, token).await?;
    changes::confirm_app(app, &owner.holder(), Some(id), code).await
}

/// Begins to register a passkey.
pub async fn begin_passkey(app: &App, token: &Secret) -> Result<Begun<CreationOptions>, Error> {
    let owner = fresh_owner(app, token).await?;
    changes::begin_passkey(app, &owner.holder()).await
}

/// Stores the passkey that a ceremony in this session has made.
pub async fn add_passkey(
    app: &App,
    token: &Secret,
    new: &NewCredential<'_>,
) -> Result<FactorId, Error> {
    let owner = fresh_owner(app, token).await?;
    let (id, _) = changes::add_passkey(app, &owner.holder(), new, false).await?;
    Ok(id)
}

/// Puts new recovery codes in the place of the old.
pub async fn renew_recovery_codes(app: &App, token: &Secret) -> Result<Vec<RecoveryCode>, Error> {
    let owner = fresh_owner(app, token).await?;
    changes::renew_recovery_codes(app, &owner.holder()).await
}

/// Turns the second step on or off.
pub async fn set_second_step(app: &App, token: &Secret, on: bool) -> Result<(), Error> {
    let owner = fresh_owner(app, token).await?;
    changes::set_second_step(app, &owner.holder(), on).await
}
