//! Second factors at the pages of this service: a sign-in that waits opens its browser, and a browser
//! that is signed in proves its user afresh.

use super::apps;
use super::completion::{tell, wrong};
use super::second_factor::prove;
use crate::auth::browser::LiveBrowser;
use crate::auth::factor::kind::Method;
use crate::auth::factor::proof::FactorProof;
use crate::auth::factor::typed_code::TypedCode;
use crate::auth::id::{AttemptId, BrowserId};
use crate::auth::one_time::{self, AuthCode};
use crate::auth::secret::{Secret, random_id, random_secret};
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, FactorAct, PageAct, Subject};
use crate::edge::flows::{browsers, notifications};
use crate::error::{Error, Reason};
use crate::store::browser_steps::{self, Opening};
use crate::store::factor_proofs::{ProofContext, Spending};
use crate::store::pending_step::{Door, PendingStep, Try};
use crate::store::second_steps;
use crate::store::trusted_devices::NewTrust;
use crate::store::{authenticator_apps, factors};

const WRONG: Error = Error::Rejected(Reason::SecondFactorWrong);

/// A code that was typed at a page.
pub struct TypedAtPage<'a> {
    /// As it was typed.
    pub code: &'a str,
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
}

/// How a browser is opened.
pub struct OpenedAs<'a> {
    /// The cookie that the browser was signed in with before, if it was.
    pub former: Option<&'a Secret>,
    /// Whether its user wants its device to be trusted from now on.
    pub is_trusted: bool,
}

/// Verifies the code for a sign-in that waits, and opens its browser.
pub async fn complete(
    app: &App,
    token: &Secret,
    typed: &TypedAtPage<'_>,
    opened_as: &OpenedAs<'_>,
) -> Result<OpenedByFactor, Error> {
    let (key, attempt) = (one_time::key::<AuthCode>(token), AttemptId::draw()?);
    let code = TypedCode::read(typed.code);
    let attempted = Try {
        key: &key,
        attempt: &attempt,
        door: Door::Page,
        is_guess: !matches!(code, TypedCode::Recovery(_)),
    };
    let (step, _, proof) = prove(app, &attempted, code).await?;
    let spending = Spending {
        proof: &proof,
        user_id: &step.user_id,
        context: ProofContext::SignIn(&key),
        attempt: &attempt,
    };
    let opened = open(app, &step, &spending, typed.form_session, opened_as).await?;
    let opened = opened.ok_or_else(|| wrong(app, &step))?;
    tell(app, &step, &proof, false);
    let user_id = step.user_id.clone();
    let act = PageAct::SignIn;
    audit::record(app, Event::AtPages { user_id, act });
    Ok(opened)
}

/// Spends the proof and opens the browser; nothing where the proof was spent before.
async fn open(
    app: &App,
    step: &PendingStep,
    spending: &Spending<'_>,
    form_session: &str,
    opened_as: &OpenedAs<'_>,
) -> Result<Option<OpenedByFactor>, Error> {
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
    let complete = browser_steps::complete(&opening, spending, app.now);
    let (opened, is_trusted) = app.db.run(complete).await?;
    Ok(opened.then_some(OpenedByFactor {
        secret,
        is_remembered: step.is_remembered,
        trusted: is_trusted.then_some(trusted),
    }))
}

/// Verifies the code for a browser whose user has a factor, and raises it: the secret of its new cookie.
pub async fn raise(
    app: &App,
    browser: &LiveBrowser,
    typed: &TypedAtPage<'_>,
) -> Result<Secret, Error> {
    let attempt = AttemptId::draw()?;
    let proof = match TypedCode::read(typed.code) {
        TypedCode::Recovery(code) => Some(FactorProof::Recovery {
            digest: code.digest(),
        }),
        TypedCode::Malformed => None,
        TypedCode::Digits(code) => of_app(app, browser, &attempt, &code).await?,
    };
    let proof = proof.ok_or(WRONG);
    let proof = proof.inspect_err(|_| note(app, browser, FactorAct::Refused))?;
    let secret = random_secret()?;
    let (key, user_id) = (secret.digest(), &browser.account.id);
    let spending = Spending {
        proof: &proof,
        user_id,
        context: ProofContext::Alone,
        attempt: &attempt,
    };
    let assurance = proof.raise(&browser.assurance.amr, app.now);
    let cookies = (key.as_str(), typed.form_session);
    let raise = browser_steps::raise(&browser.id, cookies, &spending, &assurance, app.now);
    if !app.db.run(raise).await? {
        note(app, browser, FactorAct::Refused);
        return Err(WRONG);
    }
    note(app, browser, FactorAct::Proven(proof.method()));
    browsers::record(app, browser, PageAct::Proven);
    if proof.method() == Method::Recovery {
        let left = app.db.run(factors::of_user(user_id)).await?.recovery_codes;
        notifications::recovery_code_used(app, owner(browser), left);
    }
    Ok(secret)
}

/// The proof by a code of one of the user's apps, counted before it is compared.
async fn of_app(
    app: &App,
    browser: &LiveBrowser,
    attempt: &AttemptId,
    code: &str,
) -> Result<Option<FactorProof>, Error> {
    let user_id = &browser.account.id;
    let batch = (
        second_steps::count_guess(user_id, attempt, app.now),
        authenticator_apps::of_user(user_id),
        factors::of_user(user_id),
    );
    let (counted, rows, after) = app.db.run(batch).await?;
    if counted == 0 {
        note(app, browser, FactorAct::Paused);
        after.guesses.allow(app.now)?;
        return Err(WRONG);
    }
    let proof = apps::matching(app, user_id, &rows, code)?;
    if proof.is_none() && after.guesses.warns() {
        notifications::codes_guessed(app, owner(browser));
    }
    Ok(proof)
}

fn owner(browser: &LiveBrowser) -> notifications::Owner<'_> {
    let account = &browser.account;
    (account.email.as_deref(), account.locale.as_deref())
}

fn note(app: &App, browser: &LiveBrowser, act: FactorAct) {
    let subject = Subject {
        user_id: Some(browser.account.id.clone()),
        ..Subject::default()
    };
    audit::record(app, Event::Factor { subject, act });
}
