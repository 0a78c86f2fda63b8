//! Changing a password that one knows.

use super::audit::{self, Event, Refusal};
use super::credentials::{self, TokenSubject};
use super::notifications;
use super::sessions::own_refresh_token;
use crate::auth::account::{Status, canonical_name};
use crate::auth::attempts::{AttemptOrigin, CounterKeys, device_key};
use crate::auth::factor::fresh_proof;
use crate::auth::factor::kind::Factors;
use crate::auth::id::AttemptId;
use crate::auth::password::check_policy;
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;
use crate::edge::app::App;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::attempts::{self, LoginAttempt};
use crate::store::sessions::{self, LiveSession};
use crate::store::{accounts, factors, passwords};

/// A change of password as it is asked for.
pub struct PasswordChange<'a> {
    /// Must be of the bearer's session.
    pub refresh_token: &'a Secret,
    /// Must be the bearer's.
    pub username: &'a str,
    /// The new password.
    pub password: &'a Secret,
    /// The present one.
    pub old_password: &'a Secret,
    /// Where it comes from.
    pub origin: &'a AttemptOrigin,
}

/// Changes the bearer's password, and ends every session of that user.
///
/// Every check comes before the one write, so a refusal leaves everything as it was.
pub async fn change(app: &App, token: &Secret, change: &PasswordChange<'_>) -> Result<(), Error> {
    let TokenSubject::Session(id) = credentials::session_id(app, token)? else {
        return Err(ErrorKind::Rejected(Reason::TokenInvalid).into());
    };
    let reads = (
        sessions::live(&id, app.now),
        passwords::of_session(&id),
        factors::of_session(&id),
    );
    let (session, stored, factors) = app.db.run(reads).await?;
    let session = session.ok_or(ErrorKind::Unauthenticated(Reason::TokenRevoked))?;
    own_refresh_token(app, &session.id, change.refresh_token)?;
    let stored = stored.map(|(stored,)| stored);
    check(app, &session, stored.as_deref(), change)?;
    check_factors(app, &session, factors)?;
    if !change.old_password.is_empty() {
        let (old, origin) = (change.old_password, change.origin);
        prove_old(app, &session, stored.as_deref(), old, origin).await?;
    }
    let hash = app.config.password_hash;
    let same = hash.verify(change.password, stored.as_deref(), None)?;
    if same.is_right() {
        return Err(ErrorKind::Rejected(Reason::SamePassword).into());
    }
    let new = hash.hash(change.password)?;
    let (user_id, now) = (&session.account.id, app.now);
    let device = change.origin.device.as_deref();
    let device = device
        .map(|id| device_key(&app.config.data_keys, id))
        .transpose()?;
    let device = device.as_deref();
    let write = passwords::change(user_id, &session.id, &new, device, now);
    if app.db.run(write).await? {
        audit::record(app, Event::PasswordChanged((&session).into()));
        let account = &session.account;
        notifications::password_changed(app, account.email.as_deref(), account);
        Ok(())
    } else {
        // Signed out, or the password changed, between the read and the write.
        Err(ErrorKind::Unauthenticated(Reason::TokenRevoked).into())
    }
}

/// Proves the password of a session's user; when it was set. A wrong one counts as a failed sign-in.
pub(super) async fn prove(
    app: &App,
    session: &LiveSession,
    password: &Secret,
    origin: &AttemptOrigin,
) -> Result<Option<Timestamp>, Error> {
    let found = app
        .db
        .run(accounts::by_name(&session.account.username))
        .await?;
    let found = found.filter(|found| found.account.id == session.account.id);
    let (stored, set_at) = found.map_or((None, None), |found| {
        (found.password, found.password_changed_on)
    });
    if stored.is_none() || password.is_empty() {
        return Err(ErrorKind::Rejected(Reason::IncorrectPassword).into());
    }
    prove_old(app, session, stored.as_deref(), password, origin).await?;
    Ok(set_at)
}

fn check(
    app: &App,
    session: &LiveSession,
    stored: Option<&str>,
    change: &PasswordChange<'_>,
) -> Result<(), Error> {
    if canonical_name(change.username) != canonical_name(&session.account.username) {
        return Err(ErrorKind::NotAllowed.into());
    }
    if change.password.is_empty() {
        return Err(ErrorKind::Rejected(Reason::PasswordInvalid).into());
    }
    if stored.is_none() {
        return Err(ErrorKind::Rejected(Reason::ExternalUser).into());
    }
    let membership = session.account.membership.as_ref();
    let status = membership.map(|membership| Status::from_number(membership.status));
    let may_omit_old = status == Some(Status::PasswordChangeNeeded)
        || app.config.compatibility.change_password_without_old;
    if change.old_password.is_empty() && !may_omit_old {
        return Err(ErrorKind::Rejected(Reason::PasswordInvalid).into());
    }
    check_policy(change.password, app.config.password_min_length)?;
    Ok(())
}

/// The old password proves whoever has nothing stronger.
fn check_factors(app: &App, session: &LiveSession, factors: Option<Factors>) -> Result<(), Error> {
    match factors.filter(Factors::any) {
        Some(factors) => fresh_proof::require(&session.assurance, &factors, app.now),
        None => Ok(()),
    }
}

/// Verifies the old password. A wrong one counts as a failed sign-in: a stolen session must not be a
/// way to guess the password.
async fn prove_old(
    app: &App,
    session: &LiveSession,
    stored: Option<&str>,
    old: &Secret,
    origin: &AttemptOrigin,
) -> Result<(), Error> {
    let name = canonical_name(&session.account.username);
    let guess = LoginAttempt {
        name: &name,
        keys: &CounterKeys::of(&app.config.data_keys, &name, origin)?,
        attempt: &AttemptId::draw()?,
        tag: &credentials::tag(app, &name, old)?,
        client: None,
        limits: app.config.attempts,
    };
    let verdict = app.db.run(attempts::count(&guess, app.now)).await?;
    let failed = |refusal| Event::PasswordChangeFailed {
        refusal,
        session: session.into(),
    };
    verdict
        .allow(app.now)
        .inspect_err(|_| audit::record(app, failed(Refusal::TooManyAttempts)))?;
    let hash = app.config.password_hash;
    let verdict = hash.verify(old, stored, None)?;
    if verdict.is_right() {
        return Ok(());
    }
    audit::record(app, failed(verdict.into()));
    Err(ErrorKind::Rejected(Reason::IncorrectPassword).into())
}
