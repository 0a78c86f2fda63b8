//! Fresh proofs at the pages of this service: of the strongest factor that a browser's user has.

use super::apps;
use super::at_pages::AtPage;
use super::passkey::{self, PasskeyAnswer};
use super::proof::Presented;
use crate::auth::browser::LiveBrowser;
use crate::auth::factor::kind::Method;
use crate::auth::factor::proof::FactorProof;
use crate::auth::factor::typed_code::{Guess, TypedCode};
use crate::auth::id::AttemptId;
use crate::auth::secret::{Secret, random_secret};
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, FactorAct, PageAct, Subject};
use crate::edge::flows::{browsers, notifications};
use crate::error::{Error, ErrorKind, Reason};
use crate::store::factor_proofs::{ProofContext, Spending};
use crate::store::{authenticator_apps, browser_steps, factors, second_steps};

const WRONG: ErrorKind = ErrorKind::Rejected(Reason::SecondFactorWrong);

/// Verifies what is presented for a browser whose user has a factor, and raises it: the secret of its
/// new cookie.
pub async fn raise(
    app: &App,
    browser: &LiveBrowser,
    at_page: &AtPage<'_>,
) -> Result<Secret, Error> {
    let attempt = AttemptId::draw()?;
    let proof = match &at_page.presented {
        Presented::Password(_) => Err(WRONG.into()),
        Presented::Code(typed) => by_code(app, browser, &attempt, typed).await,
        Presented::Passkey(answer) => by_passkey(app, browser, answer).await.map(|it| (it, false)),
    };
    let (proof, warns) = proof.inspect_err(|error| {
        if matches!(error.kind(), ErrorKind::Rejected(_)) {
            note(app, browser, FactorAct::Refused);
        }
    })?;
    let secret = random_secret()?;
    let (key, user_id) = (secret.digest(), &browser.account.id);
    let spending = Spending {
        proof: &proof,
        user_id,
        context: ProofContext::Alone,
        attempt: &attempt,
    };
    let assurance = proof.raise(&browser.assurance.amr, app.now);
    let cookies = (key.as_str(), at_page.form_session);
    let raise = browser_steps::raise(&browser.id, cookies, &spending, &assurance, app.now);
    if !app.db.run(raise).await? {
        note(app, browser, FactorAct::Refused);
        warn_if(app, browser, warns);
        return Err(WRONG.into());
    }
    note(app, browser, FactorAct::Proven(proof.method()));
    browsers::record(app, browser, PageAct::Proven);
    if proof.method() == Method::Recovery {
        let left = app.db.run(factors::of_user(user_id)).await?.recovery_codes;
        notifications::recovery_code_used(app, owner(browser), left);
    }
    Ok(secret)
}

async fn by_passkey(
    app: &App,
    browser: &LiveBrowser,
    answer: &PasskeyAnswer<'_>,
) -> Result<FactorProof, Error> {
    let owner = (&browser.account.id, browser.id.as_str());
    passkey::verify_own(app, owner, answer).await
}

/// The proof by a code, and whether the owner is written to if it is not spent.
async fn by_code(
    app: &App,
    browser: &LiveBrowser,
    attempt: &AttemptId,
    typed: &str,
) -> Result<(FactorProof, bool), Error> {
    match TypedCode::read(typed, &app.config.data_keys)? {
        TypedCode::Recovery(digests) => Ok((FactorProof::Recovery { digests }, false)),
        TypedCode::Malformed => Err(WRONG.into()),
        TypedCode::Guess(guess) => by_guess(app, browser, attempt, guess).await,
    }
}

/// The proof by a code that could be guessed, counted before it is compared.
async fn by_guess(
    app: &App,
    browser: &LiveBrowser,
    attempt: &AttemptId,
    guess: Guess,
) -> Result<(FactorProof, bool), Error> {
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
        return Err(WRONG.into());
    }
    let warns = after.guesses.warns();
    let proof = apps::guessed(app, user_id, &rows, guess)?;
    warn_if(app, browser, warns && proof.is_none());
    Ok((proof.ok_or(WRONG)?, warns))
}

fn warn_if(app: &App, browser: &LiveBrowser, warns: bool) {
    if warns {
        notifications::codes_guessed(app, owner(browser));
    }
}

fn owner(browser: &LiveBrowser) -> notifications::Owner<'_> {
    let account = &browser.account;
    (account.email.as_deref(), account.locale.as_deref())
}

/// Records what happened with the factors of a browser's user.
pub fn note(app: &App, browser: &LiveBrowser, act: FactorAct) {
    let subject = Subject {
        user_id: Some(browser.account.id.clone()),
        ..Subject::default()
    };
    audit::record(app, Event::Factor { subject, act });
}
