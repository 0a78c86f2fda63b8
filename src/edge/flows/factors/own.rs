//! What users do with their own factors, in a session. Every change needs a fresh proof.

use super::apps::{self, Enrolment};
use crate::auth::factor::fresh_proof;
use crate::auth::factor::kind::Factors;
use crate::auth::factor::recovery::RecoveryCode;
use crate::auth::id::{AttemptId, FactorId};
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, FactorAct, SessionRef, Subject};
use crate::edge::flows::credentials::{self, TokenSubject};
use crate::edge::flows::notifications;
use crate::error::{Error, Reason};
use crate::store::authenticator_apps::{self, EnrolledIn};
use crate::store::factor_proofs::{self, ProofContext, Spending};
use crate::store::factors::{self as rows, FactorRow};
use crate::store::recovery_codes;
use crate::store::sessions::{self, LiveSession};

/// The session, or the ground that it stands on, is gone.
pub(super) const OVER: Error = Error::Unauthenticated(Reason::TokenRevoked);

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
        return Err(Error::Rejected(Reason::TokenInvalid));
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
    pub(super) fn record(&self, app: &App, act: FactorAct) {
        let session = SessionRef::from(&self.session);
        let subject = Subject {
            user_id: Some(session.user_id),
            client: Some(session.client),
            session_id: Some(session.id),
            ..Subject::default()
        };
        audit::record(app, Event::Factor { subject, act });
    }

    pub(super) fn address(&self) -> notifications::Owner<'_> {
        let account = &self.session.account;
        (account.email.as_deref(), account.locale.as_deref())
    }
}

/// The factors of the bearer, and how many recovery codes are left.
pub async fn list(app: &App, token: &Secret) -> Result<(Vec<FactorRow>, Factors), Error> {
    let TokenSubject::Session(id) = credentials::session_id(app, token)? else {
        return Err(Error::Rejected(Reason::TokenInvalid));
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
    let (user_id, session) = (&owner.session.account.id, &owner.session.id);
    let rename = rows::rename(id, user_id, session, name, app.now);
    Ok(app.db.run(rename).await? > 0)
}

/// Removes a factor, and ends what rests on it; whether there was such a one.
pub async fn remove(app: &App, token: &Secret, id: &FactorId) -> Result<bool, Error> {
    let owner = fresh_owner(app, token).await?;
    let (user_id, session) = (&owner.session.account.id, &owner.session.id);
    let removed = app
        .db
        .run(rows::remove(id, user_id, session, app.now))
        .await?;
    let Some(removed) = removed else {
        return Ok(false);
    };
    owner.record(app, FactorAct::Removed);
    notifications::factor_removed(app, owner.address(), &removed.name);
    Ok(true)
}

/// Begins to enrol an authenticator app.
pub async fn begin_app(app: &App, token: &Secret, name: Option<&str>) -> Result<Enrolment, Error> {
    let owner = fresh_owner(app, token).await?;
    require_room(&owner)?;
    let (account, place) = (
        &owner.session.account,
        EnrolledIn::Session(&owner.session.id),
    );
    let name = name.unwrap_or(apps::NAME);
    let begun = apps::begin(app, &account.id, &account.username, name, place).await?;
    begun.ok_or(OVER)
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
    let (user_id, session) = (&owner.session.account.id, &owner.session.id);
    let pending = authenticator_apps::pending(id, user_id, session);
    let Some(row) = app.db.run(pending).await? else {
        return Ok(None);
    };
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    let proof = apps::matching(app, user_id, &[row], &digits)?;
    let proof = proof.ok_or(Error::Rejected(Reason::SecondFactorWrong))?;
    let attempt = AttemptId::draw()?;
    let spending = Spending {
        proof: &proof,
        user_id,
        context: ProofContext::Session(session),
        attempt: &attempt,
    };
    let codes = RecoveryCode::draw_set()?;
    let digests = RecoveryCode::digests(&codes);
    let batch = (
        factor_proofs::confirm(&spending, app.now),
        recovery_codes::first(user_id, &attempt, &digests, app.now),
    );
    let (confirmed, kept) = app.db.run(batch).await?;
    if !confirmed {
        return Err(Error::Rejected(Reason::SecondFactorWrong));
    }
    owner.record(app, FactorAct::Added);
    notifications::factor_added(app, owner.address());
    Ok(Some(if kept > 0 { codes } else { Vec::new() }))
}

/// Puts new recovery codes in the place of the old.
pub async fn renew_recovery_codes(app: &App, token: &Secret) -> Result<Vec<RecoveryCode>, Error> {
    let owner = fresh_owner(app, token).await?;
    if !owner.factors.any() {
        return Err(Error::Rejected(Reason::NoSecondFactor));
    }
    let codes = RecoveryCode::draw_set()?;
    let (user_id, session) = (&owner.session.account.id, &owner.session.id);
    let digests = RecoveryCode::digests(&codes);
    let replace = recovery_codes::replace(user_id, session, &digests, app.now);
    if app.db.run(replace).await? == 0 {
        return Err(OVER);
    }
    owner.record(app, FactorAct::RecoveryCodesMade);
    Ok(codes)
}

/// Turns the second step on or off.
pub async fn set_second_step(app: &App, token: &Secret, on: bool) -> Result<(), Error> {
    let owner = fresh_owner(app, token).await?;
    if on && !owner.factors.any() {
        return Err(Error::Rejected(Reason::NoSecondFactor));
    }
    let (user_id, session) = (&owner.session.account.id, &owner.session.id);
    let set = rows::set_second_step(user_id, session, on, app.now);
    if app.db.run(set).await? > 0 {
        owner.record(app, FactorAct::SecondStep(on));
    }
    Ok(())
}

/// Refuses a twenty-first factor.
pub(super) fn require_room(owner: &Owner) -> Result<(), Error> {
    let what = "A user has at most 20 factors";
    owner
        .factors
        .has_room()
        .then_some(())
        .ok_or_else(|| Error::BadRequest(what.to_owned()))
}
