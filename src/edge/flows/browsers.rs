//! Browsers at the pages of this service: sign in, prove, sign out.

use super::audit::{self, Event, PageAct};
use super::credentials::AuthenticatedUser;
use super::{notifications, waiting};
use crate::auth::assurance::Assurance;
use crate::auth::browser::LiveBrowser;
use crate::auth::data_key::Purpose;
use crate::auth::id::BrowserId;
use crate::auth::one_time::{self, AuthCode};
use crate::auth::secret::{Secret, random_secret};
use crate::edge::app::App;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::Query;
use crate::store::browser_steps;
use crate::store::browsers::{self, NewBrowser};

/// How a browser signs in.
pub struct BrowserSignIn<'a> {
    /// Digest of the cookie of the form session.
    pub form_session: &'a str,
    /// The cookie that the browser was signed in with before, if it was.
    pub former: Option<&'a Secret>,
    /// Whether it is kept signed in.
    pub is_remembered: bool,
    /// Digest of the cookie of a trusted device, if it has one.
    pub trusted: Option<&'a str>,
}

/// What a sign-in has come to.
pub enum Opened {
    /// The browser is signed in: the secret of its cookie.
    Browser(Secret),
    /// The sign-in waits for its second factor, or for its user to set one up, under this secret.
    Waits(Secret),
}

/// Signs a browser in, unless the sign-in needs a second step: then it waits for that.
pub async fn open(
    app: &App,
    person: &AuthenticatedUser,
    sign_in: &BrowserSignIn<'_>,
) -> Result<Opened, Error> {
    let (id, secret) = (BrowserId::draw()?, random_secret()?);
    let keys = &app.config.data_keys;
    let token = person.proof().provider_token(keys)?;
    let seal = |token: Secret| keys.seal(Purpose::ProviderToken, id.as_str(), token.expose());
    let provider_token = token.map(seal).transpose()?;
    let former = sign_in.former.map(Secret::digest);
    let new = NewBrowser {
        id: &id,
        key: &secret.digest(),
        form_session: sign_in.form_session,
        former: former.as_deref(),
        user_id: &person.account().id,
        method: person.proof().method(),
        provider_session: person.proof().provider_session(),
        provider_token: provider_token.as_deref(),
        assurance: &person.assurance(app.now),
        factor: person.proof().factor(),
        place: &app.client_info.place(),
        is_remembered: sign_in.is_remembered,
        password: person.password_precondition(),
        trusted: sign_in.trusted,
        expires_on: app.now + app.config.session_max_age,
    };
    open_or_hold(app, person, &new, secret).await
}

async fn open_or_hold(
    app: &App,
    person: &AuthenticatedUser,
    new: &NewBrowser<'_>,
    secret: Secret,
) -> Result<Opened, Error> {
    let token = random_secret()?;
    let key = one_time::key::<AuthCode>(&token);
    let effects = person.effects(app.now)?;
    let otp_attempt = effects.otp_attempt.clone();
    let batch = (
        browsers::open(new, effects, app.now),
        browser_steps::hold(new, &key, otp_attempt.as_ref(), app.now),
    );
    let (opened, held) = app.db.run(batch).await?;
    if held.is_some() {
        waiting::note(app, person, None);
        return Ok(Opened::Waits(token));
    }
    audit::record(app, person.sign_in_here(opened));
    if !opened {
        return Err(ErrorKind::Unauthenticated(Reason::InvalidCredentials).into());
    }
    notifications::new_device(app, person, false);
    Ok(Opened::Browser(secret))
}

/// Raises a browser's assurance after another proof of its user, with what else the proof brings about,
/// and gives the secret of its new cookie.
pub async fn raise(
    app: &App,
    browser: &LiveBrowser,
    assurance: &Assurance,
    form_session: &str,
    effects: Vec<Query<()>>,
) -> Result<Secret, Error> {
    let secret = random_secret()?;
    let raise = browsers::raise(
        &browser.id,
        &secret.digest(),
        form_session,
        assurance,
        app.now,
    );
    let (_, raised) = app.db.run((effects, raise)).await?;
    if raised == 0 {
        return Err(ErrorKind::Unauthenticated(Reason::TokenRevoked).into());
    }
    record(app, browser, PageAct::Proven);
    Ok(secret)
}

/// Signs a browser out, and with it the apps that were opened from it.
pub async fn sign_out(app: &App, cookie: &Secret) -> Result<(), Error> {
    let end = browsers::end(&cookie.digest(), "signed out", app.now);
    if let Some(ended) = app.db.run(end).await? {
        let (user_id, act) = (ended.user_id, PageAct::SignOut);
        audit::record(app, Event::AtPages { user_id, act });
    }
    Ok(())
}

/// Records what the user of a browser did.
pub fn record(app: &App, browser: &LiveBrowser, act: PageAct) {
    let user_id = browser.account.id.clone();
    audit::record(app, Event::AtPages { user_id, act });
}
