//! Sign-ins at the pages of this service that wait for their second factor: what opens their browser, and
//! the first factor of whoever must have one and has none.

use super::apps::{self, Enrolment};
use super::completion::{enrolled, tell, wrong};
use super::proof::Presented;
use super::registration::{self, NewCredential, Registrant};
use super::second_factor::{self, prove};
use crate::auth::factor::ceremony::{Ceremony, CeremonyPurpose};
use crate::auth::factor::kind::Factors;
use crate::auth::factor::proof::FactorProof;
use crate::auth::factor::recovery::RecoveryCode;
use crate::auth::factor::typed_code::TypedCode;
use crate::auth::id::{AttemptId, BrowserId};
use crate::auth::one_time::{self, AuthCode};
use crate::auth::secret::{Secret, random_id, random_secret};
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, PageAct};
use crate::error::{Error, ErrorKind, Reason};
use crate::store::authenticator_apps::{self, EnrolledIn};
use crate::store::browser_steps::{self, Opening};
use crate::store::factor_proofs::{ProofContext, Spending};
use crate::store::pending_step::{Door, PendingStep, Try};
use crate::store::trusted_devices::NewTrust;
use crate::store::{factors, recovery_codes, second_steps};

/// What was presented at a page.
pub struct AtPage<'a> {
    /// A code, or a passkey.
    pub presented: Presented<'a>,
    /// Digest of the form session.
    pub form_session: &'a str,
}

/// A browser that a second factor has opened.
pub struct OpenedByFactor {
    /// The secret of its cookie.
    pub secret: Secret,
    /// Whether it is kept signed in.
    pub is_remembered: bool,
    /// The secret of the cookie by which its device is trusted from now on, if it is.
    pub trusted: Option<Secret>,
    /// The user's first recovery codes, where this has enrolled the first factor.
    pub recovery_codes: Vec<RecoveryCode>,
}

/// How a browser is opened.
pub struct OpenedAs<'a> {
    /// The cookie that the browser was signed in with before, if it was.
    pub former: Option<&'a Secret>,
    /// Whether its user wants its device to be trusted from now on.
    pub is_trusted: bool,
}

/// The sign-in that waits under a token, while it does.
pub async fn waiting(app: &App, token: &Secret) -> Result<Option<PendingStep>, Error> {
    let key = one_time::key::<AuthCode>(token);
    let look = second_steps::look(&key, &AttemptId::draw()?, app.now);
    let step = app.db.run(look).await?;
    Ok(step.filter(|step| step.is_open && step.is_waiting && step.client.is_none()))
}

/// The app that a sign-in enrols whose user must have a factor and has none; begins one where there is
/// none yet.
pub async fn enrolment(
    app: &App,
    token: &Secret,
    step: &PendingStep,
    name: &str,
) -> Result<Enrolment, Error> {
    second_factor::require_fresh(app, step)?;
    let key = one_time::key::<AuthCode>(token);
    let rows = app.db.run(authenticator_apps::of_sign_in(&key)).await?;
    let pending = rows.into_iter().find(|row| !row.is_confirmed);
    let resumed = pending.map(|row| apps::resume(app, &step.user_id, &step.username, row));
    if let Some(enrolment) = resumed.transpose()?.flatten() {
        return Ok(enrolment);
    }
    let place = EnrolledIn::SignIn(&key);
    let begun = apps::begin(app, &step.user_id, &step.username, name, place).await?;
    begun.ok_or_else(|| ErrorKind::NotAllowed.into())
}

/// A sign-in that waits for its user to enrol a first factor.
pub(super) struct Enrolling {
    key: String,
    step: PendingStep,
}

impl Enrolling {
    pub(super) fn registrant(&self) -> Registrant<'_> {
        Registrant {
            user_id: &self.step.user_id,
            username: &self.step.username,
            display_name: &self.step.username,
            place: ProofContext::SignIn(&self.key),
        }
    }
}

/// The sign-in under a token, if it waits for its user to enrol a first factor.
pub(super) async fn enrolling(app: &App, token: &Secret) -> Result<Enrolling, Error> {
    let step = waiting(app, token).await?;
    let step = step.filter(|step| !step.factors.any());
    let step = step.ok_or(ErrorKind::Rejected(Reason::PasskeyInvalid))?;
    second_factor::require_fresh(app, &step)?;
    let key = one_time::key::<AuthCode>(token);
    Ok(Enrolling { key, step })
}

/// Stores the first passkey of a user who must have a factor. To enrol is not to prove: the sign-in waits
/// for the passkey from then on.
pub async fn enrol_passkey(
    app: &App,
    token: &Secret,
    new: &NewCredential<'_>,
) -> Result<Vec<RecoveryCode>, Error> {
    let enrolling = enrolling(app, token).await?;
    let (_, codes) = registration::add(app, &enrolling.registrant(), new, true).await?;
    enrolled(app, &enrolling.step);
    Ok(codes)
}

/// Verifies what is presented for a sign-in that waits, and opens its browser.
pub async fn complete(
    app: &App,
    token: &Secret,
    at_page: &AtPage<'_>,
    opened_as: &OpenedAs<'_>,
) -> Result<OpenedByFactor, Error> {
    let (key, attempt) = (one_time::key::<AuthCode>(token), AttemptId::draw()?);
    let (step, proof, enrols) = proven(app, &key, &attempt, &at_page.presented).await?;
    let spending = Spending {
        proof: &proof,
        user_id: &step.user_id,
        context: ProofContext::SignIn(&key),
        attempt: &attempt,
    };
    let codes = RecoveryCode::draw_set_if(enrols)?;
    let opened = open(
        app,
        &step,
        &spending,
        at_page.form_session,
        opened_as,
        codes,
    )
    .await?;
    let (opened, left) = opened.ok_or_else(|| wrong(app, &step))?;
    tell(app, &step, (&proof, enrols), &left);
    let user_id = step.user_id.clone();
    let act = PageAct::SignIn;
    audit::record(app, Event::AtPages { user_id, act });
    Ok(opened)
}

/// The sign-in, its proof, and whether that confirms an app that the sign-in enrols.
async fn proven(
    app: &App,
    key: &str,
    attempt: &AttemptId,
    presented: &Presented<'_>,
) -> Result<(PendingStep, FactorProof, bool), Error> {
    let attempted = |is_guess| Try {
        key,
        attempt,
        door: Door::Page,
        is_guess,
    };
    match presented {
        Presented::Password(_) => Err(ErrorKind::Rejected(Reason::SecondFactorWrong).into()),
        Presented::Code(typed) => {
            let code = TypedCode::read(typed, &app.config.data_keys)?;
            let is_guess = !matches!(code, TypedCode::Recovery(_));
            let (step, rows, proof) = prove(app, &attempted(is_guess), code).await?;
            let enrols = second_factor::enrols(&rows, &proof);
            Ok((step, proof, enrols))
        }
        Presented::Passkey(answer) => {
            let (keys, purpose) = (&app.config.data_keys, CeremonyPurpose::SecondStep);
            let ceremony = Ceremony::open(keys, purpose, answer.id, app.now)?;
            let of_this = |it: &Ceremony| it.bound_to.as_deref() == Some(key);
            let ceremony = ceremony.filter(of_this);
            let ceremony = ceremony.ok_or(ErrorKind::Rejected(Reason::PasskeyInvalid))?;
            let attempted = attempted(false);
            let proven = second_factor::prove_by_passkey(app, &attempted, &ceremony, answer);
            let (step, proof) = proven.await?;
            Ok((step, proof, false))
        }
    }
}

/// Spends the proof and opens the browser, with what its user has from now on; nothing where the proof was
/// spent before.
async fn open(
    app: &App,
    step: &PendingStep,
    spending: &Spending<'_>,
    form_session: &str,
    opened_as: &OpenedAs<'_>,
    codes: Vec<RecoveryCode>,
) -> Result<Option<(OpenedByFactor, Factors)>, Error> {
    let (secret, former) = (random_secret()?, opened_as.former.map(Secret::digest));
    let (device, trusted) = (random_id()?, random_secret()?);
    let trust = NewTrust {
        id: &device,
        key: &trusted.digest(),
    };
    let opening = Opening {
        waiting: spending.context.sign_in().unwrap_or_default(),
        id: &BrowserId::new(step.session_id.clone().unwrap_or_default()),
        key: &secret.digest(),
        form_session,
        former: former.as_deref(),
        assurance: &spending.proof.raise(&step.amr, app.now),
        trust: opened_as.is_trusted.then_some(trust),
        expires_on: app.now + app.config.session_max_age,
    };
    let (attempt, digests) = (spending.attempt, RecoveryCode::digests(&codes));
    let batch = (
        browser_steps::complete(&opening, spending, app.now),
        recovery_codes::first(&step.user_id, attempt, &digests, app.now),
        factors::of_user(&step.user_id),
    );
    let ((opened, is_trusted), kept, left) = app.db.run(batch).await?;
    let by_factor = OpenedByFactor {
        secret,
        is_remembered: step.is_remembered,
        trusted: is_trusted.then_some(trusted),
        recovery_codes: if kept > 0 { codes } else { Vec::new() },
    };
    Ok(opened.then_some((by_factor, left)))
}
