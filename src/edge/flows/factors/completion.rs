//! What a try of a second factor comes to: a pause, a wrong code that is counted, or an ordinary code.

use crate::auth::factor::kind::{Factors, Method};
use crate::auth::factor::proof::FactorProof;
use crate::auth::factor::recovery::RecoveryCode;
use crate::auth::id::AttemptId;
use crate::auth::one_time::{self, AuthCode};
use crate::auth::secret::{Secret, random_secret};
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, FactorAct, Stranger, Subject};
use crate::edge::flows::notifications;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::Batch;
use crate::store::factor_proofs::{ProofContext, Spending};
use crate::store::factors;
use crate::store::pending_step::PendingStep;
use crate::store::recovery_codes;
use crate::store::second_steps;

const WRONG: ErrorKind = ErrorKind::Rejected(Reason::SecondFactorWrong);

/// A sign-in that has proven its second factor.
pub struct Completed {
    /// An ordinary code.
    pub code: Secret,
    /// The user's first recovery codes, where this has enrolled the first factor.
    pub recovery_codes: Vec<RecoveryCode>,
}

/// The sign-in that a try may be verified for; the pause, where codes must not be tried.
pub fn reserved(
    app: &App,
    step: Option<PendingStep>,
    is_guess: bool,
) -> Result<PendingStep, Error> {
    let Some(step) = step else {
        audit::count(app, Stranger::UnknownCode);
        return Err(WRONG.into());
    };
    if step.is_reserved {
        return Ok(step);
    }
    let refusal = match step.factors.guesses.allow(app.now) {
        Err(pause) if is_guess && step.is_open => pause,
        _ => WRONG.into(),
    };
    record(app, &step, FactorAct::Paused);
    Err(refusal)
}

/// Records a wrong code; the owner is written to at the fifth in a row.
pub fn wrong(app: &App, step: &PendingStep) -> Error {
    record(app, step, FactorAct::Refused);
    if step.factors.guesses.warns() {
        notifications::codes_guessed(app, step.address());
    }
    WRONG.into()
}

/// Spends a proof, and turns the sign-in into an ordinary code.
pub async fn complete(
    app: &App,
    key: &str,
    step: &PendingStep,
    proof: &FactorProof,
    attempt: &AttemptId,
    enrols: bool,
) -> Result<Completed, Error> {
    let proven = Proven {
        key,
        step,
        proof,
        attempt,
        enrols,
    };
    let (done, ()) = complete_with(app, &proven, random_secret()?, ()).await?;
    Ok(done)
}

/// A sign-in whose second factor is proven.
pub struct Proven<'a> {
    /// What it waits under.
    pub key: &'a str,
    /// The sign-in.
    pub step: &'a PendingStep,
    /// The proof.
    pub proof: &'a FactorProof,
    /// Drawn for this attempt.
    pub attempt: &'a AttemptId,
    /// Whether the proof confirms an app that the sign-in enrols.
    pub enrols: bool,
}

/// The same under a given code, with what follows from it in one trip.
pub async fn complete_with<T>(
    app: &App,
    proven: &Proven<'_>,
    code: Secret,
    then: impl Batch<Output = T>,
) -> Result<(Completed, T), Error> {
    let Proven {
        key,
        step,
        proof,
        attempt,
        enrols,
    } = *proven;
    let assurance = proof.raise(&step.amr, app.now);
    let spending = Spending {
        proof,
        user_id: &step.user_id,
        context: ProofContext::SignIn(key),
        attempt,
    };
    let codes = RecoveryCode::draw_set_if(enrols)?;
    let digests = RecoveryCode::digests(&codes);
    let new_key = one_time::key::<AuthCode>(&code);
    let batch = (
        second_steps::complete(key, &new_key, &spending, &assurance, app.now),
        recovery_codes::first(&step.user_id, attempt, &digests, app.now),
        factors::of_user(&step.user_id),
        then,
    );
    let (done, kept, left, followed) = app.db.run(batch).await?;
    if !done {
        return Err(wrong(app, step));
    }
    tell(app, step, (proof, enrols), &left);
    let done = Completed {
        code,
        recovery_codes: if kept > 0 { codes } else { Vec::new() },
    };
    Ok((done, followed))
}

/// Records what was proven, and writes to the owner where it is out of the ordinary. `left` is what the
/// user has from now on: after a code that begins anew there is no factor.
pub fn tell(app: &App, step: &PendingStep, (proof, enrols): (&FactorProof, bool), left: &Factors) {
    record(app, step, FactorAct::Proven(proof.method()));
    if proof.method() != Method::Recovery {
        if enrols {
            enrolled(app, step);
        }
    } else if left.any() {
        notifications::recovery_code_used(app, step.address(), left.recovery_codes);
    } else {
        record(app, step, FactorAct::Removed);
        notifications::factors_reset(app, step.address());
    }
}

/// Records the first factor of the sign-in's user, and writes to the owner.
pub fn enrolled(app: &App, step: &PendingStep) {
    record(app, step, FactorAct::Added);
    notifications::factor_added(app, step.address());
}

/// Records what happened with the factors of the sign-in's user.
pub fn record(app: &App, step: &PendingStep, act: FactorAct) {
    let subject = Subject {
        user_id: Some(step.user_id.clone()),
        client: step.client,
        ..Subject::default()
    };
    audit::record(app, Event::Factor { subject, act });
}
