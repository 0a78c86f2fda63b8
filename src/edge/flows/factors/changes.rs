//! What users change of their own factors, wherever they are signed in.

use super::apps::{self, Enrolment};
use super::holder::{Holder, OVER};
use super::passkeys::Begun;
use super::registration::{self, NewCredential, Registrant};
use crate::auth::factor::recovery::RecoveryCode;
use crate::auth::id::{AttemptId, FactorId};
use crate::auth::webauthn::CreationOptions;
use crate::edge::app::App;
use crate::edge::flows::audit::FactorAct;
use crate::edge::flows::notifications;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::authenticator_apps::{self, EnrolledIn};
use crate::store::factor_proofs::{self, ProofContext, Spending};
use crate::store::factors as rows;
use crate::store::recovery_codes;

const WRONG: ErrorKind = ErrorKind::Rejected(Reason::SecondFactorWrong);

/// Names a factor; whether there is such a one.
pub async fn rename(
    app: &App,
    holder: &Holder<'_>,
    id: &FactorId,
    name: &str,
) -> Result<bool, Error> {
    let rename = rows::rename(id, &holder.account.id, holder.place, name, app.now);
    Ok(app.db.run(rename).await? > 0)
}

/// Removes a factor, and ends what rests on it; whether there was such a one.
pub async fn remove(app: &App, holder: &Holder<'_>, id: &FactorId) -> Result<bool, Error> {
    let remove = rows::remove(id, &holder.account.id, holder.place, app.now);
    let Some(removed) = app.db.run(remove).await? else {
        return Ok(false);
    };
    holder.record(app, FactorAct::Removed);
    notifications::factor_removed(app, holder.address(), &removed.name);
    Ok(true)
}

/// Begins to enrol an authenticator app.
pub async fn begin_app(app: &App, holder: &Holder<'_>, name: &str) -> Result<Enrolment, Error> {
    holder.require_room()?;
    let (account, place) = (holder.account, EnrolledIn::SignedIn(holder.place));
    let begun = apps::begin(app, &account.id, &account.username, name, place).await?;
    begun.ok_or(OVER.into())
}

/// The app that is being enrolled here; begins one where there is none.
pub async fn resume_app(app: &App, holder: &Holder<'_>, name: &str) -> Result<Enrolment, Error> {
    let account = holder.account;
    let pending = authenticator_apps::pending(&account.id, holder.place, None);
    let pending = app.db.run(pending).await?;
    let resumed = pending.map(|row| apps::resume(app, &account.id, &account.username, row));
    match resumed.transpose()?.flatten() {
        Some(enrolment) => Ok(enrolment),
        None => begin_app(app, holder, name).await,
    }
}

/// Confirms an app that is enrolled here, the one with this id if one is named, by its first code. The
/// first factor brings recovery codes along; nothing where no such app waits.
pub async fn confirm_app(
    app: &App,
    holder: &Holder<'_>,
    id: Option<&FactorId>,
    code: &str,
) -> Result<Option<Vec<RecoveryCode>>, Error> {
    let user_id = &holder.account.id;
    let pending = authenticator_apps::pending(user_id, holder.place, id);
    let Some(row) = app.db.run(pending).await? else {
        return Ok(None);
    };
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    let proof = apps::matching(app, user_id, &[row], &digits)?.ok_or(WRONG)?;
    let attempt = AttemptId::draw()?;
    let spending = Spending {
        proof: &proof,
        user_id,
        context: ProofContext::SignedIn(holder.place),
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
        return Err(WRONG.into());
    }
    holder.added(app);
    Ok(Some(if kept > 0 { codes } else { Vec::new() }))
}

/// Who registers a passkey; nobody has a twenty-first factor.
fn registrant<'a>(holder: &Holder<'a>) -> Result<Registrant<'a>, Error> {
    holder.require_room()?;
    let account = holder.account;
    Ok(Registrant {
        user_id: &account.id,
        username: &account.username,
        display_name: &account.first_name,
        place: ProofContext::SignedIn(holder.place),
    })
}

/// Begins to register a passkey.
pub async fn begin_passkey(
    app: &App,
    holder: &Holder<'_>,
) -> Result<Begun<CreationOptions>, Error> {
    registration::begin(app, &registrant(holder)?).await
}

/// Stores the passkey that a ceremony here has made. Where recovery codes are wanted, the first factor
/// brings them along.
pub async fn add_passkey(
    app: &App,
    holder: &Holder<'_>,
    new: &NewCredential<'_>,
    wants_codes: bool,
) -> Result<(FactorId, Vec<RecoveryCode>), Error> {
    let added = registration::add(app, &registrant(holder)?, new, wants_codes).await?;
    holder.added(app);
    Ok(added)
}

/// Puts new recovery codes in the place of the old.
pub async fn renew_recovery_codes(
    app: &App,
    holder: &Holder<'_>,
) -> Result<Vec<RecoveryCode>, Error> {
    holder.require_factor()?;
    let codes = RecoveryCode::draw_set()?;
    let digests = RecoveryCode::digests(&codes);
    let replace = recovery_codes::replace(&holder.account.id, holder.place, &digests, app.now);
    if app.db.run(replace).await? == 0 {
        return Err(OVER.into());
    }
    holder.record(app, FactorAct::RecoveryCodesMade);
    Ok(codes)
}

/// Turns the second step on or off.
pub async fn set_second_step(app: &App, holder: &Holder<'_>, on: bool) -> Result<(), Error> {
    if on {
        holder.require_factor()?;
    }
    let set = rows::set_second_step(&holder.account.id, holder.place, on, app.now);
    if app.db.run(set).await? > 0 {
        holder.record(app, FactorAct::SecondStep(on));
    }
    Ok(())
}
