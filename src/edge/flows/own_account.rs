//! What signed-in users do with their own accounts at our pages: profile, password, proof,
//! identities.

use super::audit::{PageAct, Refusal};
use super::browsers::{self, record};
use super::{credentials, notifications};
use crate::auth::account::{Status, canonical_name};
use crate::auth::assurance::Assurance;
use crate::auth::attempts::{AttemptOrigin, CounterKeys, device_key};
use crate::auth::browser::LiveBrowser;
use crate::auth::id::{AttemptId, BrowserId};
use crate::auth::password::check_policy;
use crate::auth::profile::Profile;
use crate::auth::secret::{Secret, digest, random_secret};
use crate::edge::app::App;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::attempts::{self, LoginAttempt};
use crate::store::browsers::NewBrowser;
use crate::store::effects::PasswordPrecondition;
use crate::store::own_account;
use crate::store::own_identities::{self, IdentityRow};

/// The browser was signed out between the read and the write.
const SIGNED_OUT: ErrorKind = ErrorKind::Unauthenticated(Reason::TokenRevoked);

/// Stores what a user says of itself.
pub async fn save_profile(
    app: &App,
    browser: &LiveBrowser,
    profile: &Profile,
) -> Result<(), Error> {
    let set = own_account::set_profile(browser, profile, app.now);
    if !app.db.run(set).await? {
        return Err(SIGNED_OUT.into());
    }
    record(app, browser, PageAct::ProfileChanged);
    Ok(())
}

/// A password that a signed-in user sets.
pub struct OwnPassword<'a> {
    /// The new one.
    pub password: &'a Secret,
    /// The present one, where it is asked for.
    pub old_password: &'a Secret,
    /// Where it comes from.
    pub origin: &'a AttemptOrigin,
    /// Digest of the form session.
    pub form_session: &'a str,
}

/// Whether a change of password asks for the present one: there is one, and it is not itself what has to
/// be changed.
pub fn asks_old_password(browser: &LiveBrowser) -> bool {
    browser.password_changed_on.is_some()
        && browser.account.status() != Some(Status::PasswordChangeNeeded)
}

/// Sets a password, ends everything but this browser, and gives the secret of its new cookie.
pub async fn set_password(
    app: &App,
    browser: &LiveBrowser,
    change: &OwnPassword<'_>,
) -> Result<Secret, Error> {
    check_policy(change.password, app.config.password_min_length)?;
    let stored = present_password(app, browser, change).await?;
    let hash = app.config.password_hash;
    if hash
        .verify(change.password, stored.as_deref(), None)?
        .is_right()
    {
        return Err(ErrorKind::Rejected(Reason::SamePassword).into());
    }
    let secret = random_secret()?;
    replace(app, browser, change, &hash.hash(change.password)?, &secret).await?;
    record(app, browser, PageAct::PasswordChanged);
    let account = &browser.account;
    notifications::password_changed(app, account.email.as_deref(), account);
    Ok(secret)
}

/// The stored hash of the present password, which the user has proven where it is asked for.
async fn present_password(
    app: &App,
    browser: &LiveBrowser,
    change: &OwnPassword<'_>,
) -> Result<Option<String>, Error> {
    if asks_old_password(browser) {
        let failed = PageAct::PasswordChangeFailed;
        let proof = prove_password(app, browser, change.old_password, change.origin, failed);
        return proof.await.map(|(stored, _)| stored);
    }
    let stored = own_account::stored_password(&browser.account.id);
    let stored = app.db.run(stored).await?;
    Ok(stored.map(|(stored,)| stored))
}

/// Stores the hash, and signs the browser in anew under another secret.
async fn replace(
    app: &App,
    browser: &LiveBrowser,
    change: &OwnPassword<'_>,
    hash: &str,
    secret: &Secret,
) -> Result<(), Error> {
    let device = change.origin.device.as_deref();
    let device = device.map(|id| device_key(&app.config.data_keys, id));
    let anew = NewBrowser {
        id: &BrowserId::draw()?,
        key: &secret.digest(),
        form_session: change.form_session,
        former: None,
        user_id: &browser.account.id,
        method: &browser.method,
        // The provider's own token was sealed for the browser that ends.
        provider_session: browser.provider_session.as_deref(),
        provider_token: None,
        assurance: &proven_now(app, browser),
        factor: browser.factor.as_ref(),
        place: &app.client_info.place(),
        is_remembered: browser.is_remembered,
        password: PasswordPrecondition::SetAt(Some(app.now)),
        trusted: None,
        expires_on: browser.expires_on,
    };
    let device = device.transpose()?;
    let set = own_account::set_password(browser, hash, device.as_deref(), &anew, app.now);
    let done = app.db.run(set).await?;
    done.then_some(()).ok_or(SIGNED_OUT.into())
}

/// What the browser rests on after another proof.
fn proven_now(app: &App, browser: &LiveBrowser) -> Assurance {
    Assurance {
        auth_time: app.now,
        ..browser.assurance.clone()
    }
}

/// Proves by the password that the user of a browser is there, and gives the secret of its new cookie.
/// Beside a factor a password proves too little.
pub async fn prove(
    app: &App,
    browser: &LiveBrowser,
    password: &Secret,
    origin: &AttemptOrigin,
    form_session: &str,
) -> Result<Secret, Error> {
    if browser.has_factor {
        return Err(ErrorKind::Rejected(Reason::SecondFactorWrong).into());
    }
    let failed = PageAct::ProofFailed;
    let (_, keys) = prove_password(app, browser, password, origin, failed).await?;
    let cleared = attempts::clear(&browser.account.id, Some(&keys), app.now);
    let effects = Vec::from(cleared);
    browsers::raise(
        app,
        browser,
        &proven_now(app, browser),
        form_session,
        effects,
    )
    .await
}

/// Verifies the password of a signed-in user, and gives its stored hash and what the attempt was counted
/// under. A wrong one counts as a failed sign-in: a browser that was left open must not be a way to guess the password.
async fn prove_password(
    app: &App,
    browser: &LiveBrowser,
    password: &Secret,
    origin: &AttemptOrigin,
    failed: fn(Refusal) -> PageAct,
) -> Result<(Option<String>, CounterKeys), Error> {
    let name = canonical_name(&browser.account.username);
    let keys = CounterKeys::of(&app.config.data_keys, &name, origin)?;
    let guess = LoginAttempt {
        name: &name,
        keys: &keys,
        attempt: &AttemptId::draw()?,
        tag: &credentials::tag(app, &name, password)?,
        client: None,
        limits: app.config.attempts,
    };
    let stored = own_account::stored_password(&browser.account.id);
    let batch = (attempts::count(&guess, app.now), stored);
    let (verdict, stored) = app.db.run(batch).await?;
    let stored = stored.map(|(stored,)| stored);
    verdict
        .allow(app.now)
        .inspect_err(|_| record(app, browser, failed(Refusal::TooManyAttempts)))?;
    let hash = app.config.password_hash;
    let verdict = hash.verify(password, stored.as_deref(), None)?;
    if verdict.is_right() {
        return Ok((stored, keys));
    }
    record(app, browser, failed(verdict.into()));
    Err(ErrorKind::Rejected(Reason::IncorrectPassword).into())
}

/// What a page calls an identity by.
pub fn identity_id(identity: &IdentityRow) -> String {
    let IdentityRow {
        provider,
        issuer,
        subject,
        ..
    } = identity;
    digest(&format!("{provider}\n{issuer}\n{subject}"))
}

/// Takes an identity from its user; the last way in stays.
pub async fn unlink(app: &App, browser: &LiveBrowser, id: &str) -> Result<(), Error> {
    let user_id = &browser.account.id;
    let identities = app.db.run(own_identities::of_user(user_id)).await?;
    let mut identities = identities.iter();
    let Some(identity) = identities.find(|identity| identity_id(identity) == id) else {
        return Ok(());
    };
    let unlink = own_identities::unlink(identity, user_id, &browser.id, app.now);
    if !app.db.run(unlink).await? {
        return Err(ErrorKind::Conflict("identity").into());
    }
    record(app, browser, PageAct::IdentityUnlinked);
    Ok(())
}
