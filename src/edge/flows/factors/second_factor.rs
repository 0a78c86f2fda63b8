//! Sign-ins that wait for their second factor: by a code of an app, a recovery code or a passkey they
//! become ordinary codes.

use super::apps::{self, Enrolment};
use super::completion::{Completed, Proven, complete, complete_with, record, reserved, wrong};
use super::passkey::{self, PasskeyAnswer};
use crate::auth::assurance::{Aal, Assurance};
use crate::auth::factor::ceremony::{Ceremony, CeremonyPurpose};
use crate::auth::factor::fresh_proof;
use crate::auth::factor::proof::FactorProof;
use crate::auth::factor::typed_code::TypedCode;
use crate::auth::id::{AttemptId, ClientId};
use crate::auth::one_time::{self, AuthCode};
use crate::auth::secret::{Secret, random_secret};
use crate::edge::app::App;
use crate::edge::flows::audit::{self, FactorAct, Stranger};
use crate::error::{Error, ErrorKind, Reason};
use crate::store::Batch;
use crate::store::authenticator_apps::{AppRow, EnrolledIn};
use crate::store::pending_step::{Door, PendingStep, Try};
use crate::store::second_steps;
use crate::store::{clients, passkeys};

/// Verifies the code that was typed for a sign-in that waits, and turns it into an ordinary code.
///
/// A code with which its user may enrol a first factor is taken too, by the first code of the app.
pub async fn by_code(
    app: &App,
    token: &Secret,
    typed: &str,
    client_id: Option<&ClientId>,
) -> Result<Completed, Error> {
    let done = by_code_with(app, token, typed, client_id, (random_secret()?, ())).await?;
    Ok(done.0)
}

/// The same under a given code, with what follows from it in one trip.
pub async fn by_code_with<T>(
    app: &App,
    token: &Secret,
    typed: &str,
    client_id: Option<&ClientId>,
    (code, then): (Secret, impl Batch<Output = T>),
) -> Result<(Completed, T), Error> {
    let (key, attempt) = (one_time::key::<AuthCode>(token), AttemptId::draw()?);
    let typed = TypedCode::read(typed, &app.config.data_keys)?;
    let attempted = Try {
        key: &key,
        attempt: &attempt,
        door: Door::Client(client_id),
        is_guess: !matches!(typed, TypedCode::Recovery(_)),
    };
    let (step, rows, proof) = prove(app, &attempted, typed).await?;
    let proven = Proven {
        key: &key,
        step: &step,
        proof: &proof,
        attempt: &attempt,
        enrols: enrols(&rows, &proof),
    };
    complete_with(app, &proven, code, then).await
}

/// Verifies a code for a sign-in that waits; the try is counted before anything is compared.
pub async fn prove(
    app: &App,
    attempted: &Try<'_>,
    typed: TypedCode,
) -> Result<(PendingStep, Vec<AppRow>, FactorProof), Error> {
    let reserve = second_steps::reserve(attempted, app.now);
    let (step, rows) = app.db.run(reserve).await?;
    let step = reserved(app, step, attempted.is_guess)?;
    let proven = match typed {
        TypedCode::Guess(guess) => apps::guessed(app, &step.user_id, &rows, guess)?,
        TypedCode::Recovery(digests) => Some(FactorProof::Recovery { digests }),
        TypedCode::Malformed => None,
    };
    match proven {
        Some(proof) => Ok((step, rows, proof)),
        None => Err(wrong(app, &step)),
    }
}

/// Verifies a passkey for a sign-in that waits, and turns it into an ordinary code.
pub async fn by_passkey(
    app: &App,
    ceremony: &Ceremony,
    answer: &PasskeyAnswer<'_>,
    client_id: &ClientId,
) -> Result<Completed, Error> {
    let key = ceremony.bound_to.as_deref().unwrap_or_default();
    let attempt = AttemptId::draw()?;
    let attempted = Try {
        key,
        attempt: &attempt,
        door: Door::Client(Some(client_id)),
        is_guess: false,
    };
    let (step, proof) = prove_by_passkey(app, &attempted, ceremony, answer).await?;
    complete(app, key, &step, &proof, &attempt, false).await
}

/// Verifies a passkey for a sign-in that waits; the try is counted before anything is compared.
pub async fn prove_by_passkey(
    app: &App,
    attempted: &Try<'_>,
    ceremony: &Ceremony,
    answer: &PasskeyAnswer<'_>,
) -> Result<(PendingStep, FactorProof), Error> {
    let batch = (
        second_steps::reserve(attempted, app.now),
        passkeys::by_credential(&answer.credential_id()?),
    );
    let ((step, _), owned) = app.db.run(batch).await?;
    let step = reserved(app, step, false)?;
    let owned = owned.filter(|owned| owned.account.id == step.user_id);
    let proven = match owned {
        Some(owned) => passkey::verify(app, ceremony, owned, true, answer).await,
        None => Err(ErrorKind::Rejected(Reason::PasskeyInvalid).into()),
    };
    let proof = proven.inspect_err(|_| record(app, &step, FactorAct::Refused))?;
    Ok((step, proof))
}

/// Begins the ceremony of a passkey for a sign-in that waits: the ceremony, and whose passkeys may
/// answer it.
pub async fn ceremony(
    app: &App,
    token: &Secret,
    client_id: &ClientId,
) -> Result<(String, Ceremony, Vec<passkeys::KnownCredential>), Error> {
    let key = one_time::key::<AuthCode>(token);
    let batch = (
        second_steps::look(&key, &AttemptId::draw()?, app.now),
        clients::by_client_id(client_id),
    );
    let (step, client) = app.db.run(batch).await?;
    let client = client.ok_or(ErrorKind::Unauthenticated(Reason::ClientInvalid))?;
    let step =
        step.filter(|step| step.is_open && step.is_waiting && step.client == Some(client.id));
    let step = step.ok_or(ErrorKind::Rejected(Reason::InvalidCredentials))?;
    begin(app, key, step).await
}

/// Begins the ceremony of a sign-in that waits under a key.
pub(super) async fn begin(
    app: &App,
    key: String,
    step: PendingStep,
) -> Result<(String, Ceremony, Vec<passkeys::KnownCredential>), Error> {
    let known = app.db.run(passkeys::of_user(&step.user_id)).await?;
    if known.is_empty() {
        return Err(ErrorKind::Rejected(Reason::NoSecondFactor).into());
    }
    let ceremony = Ceremony {
        client: step.client,
        user_id: Some(step.user_id),
        bound_to: Some(key),
        ..Ceremony::begin(app.now)?
    };
    let id = ceremony.seal(&app.config.data_keys, CeremonyPurpose::SecondStep)?;
    Ok((id, ceremony, known))
}

/// A sign-in whose user may still enrol a first factor in it: it is open, of the client, and its first
/// factor freshly proven.
pub async fn enrolling(
    app: &App,
    token: &Secret,
    client_id: &ClientId,
) -> Result<(String, PendingStep), Error> {
    let key = one_time::key::<AuthCode>(token);
    let batch = (
        second_steps::look(&key, &AttemptId::draw()?, app.now),
        clients::by_client_id(client_id),
    );
    let (step, client) = app.db.run(batch).await?;
    let client = client.ok_or_else(|| {
        audit::count(app, Stranger::UnknownClient);
        ErrorKind::Unauthenticated(Reason::ClientInvalid)
    })?;
    let step = step.filter(|step| step.is_open && step.client == Some(client.id));
    let step = step.ok_or(ErrorKind::Rejected(Reason::InvalidCredentials))?;
    require_fresh(app, &step)?;
    Ok((key, step))
}

/// Lets a first factor be enrolled while the first factor of the sign-in is freshly proven.
pub(super) fn require_fresh(app: &App, step: &PendingStep) -> Result<(), Error> {
    let first = Assurance {
        aal: Aal::One,
        amr: step.amr.clone(),
        auth_time: step.auth_time,
    };
    if step.factors.any() {
        return Ok(());
    }
    fresh_proof::require(&first, &step.factors, app.now)
}

/// Begins to enrol a first app in a sign-in; 403 where its user has a factor, of which the password
/// alone proves nothing.
pub async fn enrol(app: &App, token: &Secret, client_id: &ClientId) -> Result<Enrolment, Error> {
    let (key, step) = enrolling(app, token, client_id).await?;
    if step.factors.any() {
        return Err(ErrorKind::NotAllowed.into());
    }
    let place = EnrolledIn::SignIn(&key);
    let begun = apps::begin(app, &step.user_id, &step.username, apps::NAME, place).await?;
    begun.ok_or_else(|| ErrorKind::NotAllowed.into())
}

/// Whether a proof confirms an app that is being enrolled.
pub(super) fn enrols(rows: &[AppRow], proof: &FactorProof) -> bool {
    let is_pending = |row: &&AppRow| Some(&row.id) == proof.factor() && !row.is_confirmed;
    rows.iter().any(|row| is_pending(&row))
}
