//! The code that was mailed as a credential: a first factor in the place of the password.

use super::client::AuthenticatedClient;
use super::otp;
use super::person::AuthenticatedUser;
use super::proof::Proof;
use super::sign_in::tag;
use crate::auth::account::canonical_name;
use crate::auth::attempts::{AttemptOrigin, CounterKeys};
use crate::auth::client::AuthClient;
use crate::auth::id::{AttemptId, ClientId};
use crate::auth::one_time::{self, Otp};
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, Refusal, Stranger};
use crate::error::{Error, ErrorKind, Reason};
use crate::store::accounts::{self, AccountWithPassword};
use crate::store::attempts::{self, LoginAttempt};
use crate::store::clients;
use crate::store::otps::{self, ReservedOtp};

const WRONG: ErrorKind = ErrorKind::Rejected(Reason::SecondFactorWrong);

/// A code as it was typed.
pub struct MailedCode<'a> {
    /// The client's public name, if the code was asked for one.
    pub client_id: Option<&'a ClientId>,
    /// Who has asked for it: the client, or the browser at our pages.
    pub asker: &'a str,
    /// The name that it was asked for.
    pub username: &'a str,
    /// The code.
    pub code: &'a Secret,
    /// Where it comes from.
    pub origin: &'a AttemptOrigin,
}

/// The key of a folded name's mailed code, for whoever has asked for it. No canonical name begins with
/// spaces, so it is apart from the OTPs, which can be passwords.
pub fn key(name: &str, asker: &str) -> String {
    one_time::key::<Otp>(&Secret::new(format!("  {asker} {name}")))
}

/// Authenticates a client and a user by a code that was mailed, in one round trip.
pub async fn sign_in_by_mailed_code(
    app: &App,
    given: &MailedCode<'_>,
) -> Result<(AuthenticatedClient, AuthenticatedUser), Error> {
    let (client, person) = authenticate(app, given).await?;
    let client = client.ok_or(ErrorKind::Unauthenticated(Reason::ClientInvalid))?;
    Ok((AuthenticatedClient { client }, person))
}

/// Authenticates a user at our pages by a code that was mailed, for a client if one is named.
pub async fn sign_in_here_by_mailed_code(
    app: &App,
    given: &MailedCode<'_>,
) -> Result<AuthenticatedUser, Error> {
    let (_, person) = authenticate(app, given).await?;
    Ok(person)
}

/// A guess is counted as one of the password is.
async fn authenticate(
    app: &App,
    given: &MailedCode<'_>,
) -> Result<(Option<AuthClient>, AuthenticatedUser), Error> {
    let name = canonical_name(given.username);
    let keys = CounterKeys::of(&app.config.data_keys, &name, given.origin)?;
    let guess = LoginAttempt {
        name: &name,
        keys: &keys,
        attempt: &AttemptId::draw()?,
        tag: &tag(app, &name, given.code)?,
        client: given.client_id.map(|client_id| (client_id, None)),
        limits: app.config.attempts,
    };
    let batch = (
        given.client_id.map(clients::by_client_id),
        accounts::by_name(given.username),
        attempts::count(&guess, app.now),
        otps::reserve(&key(&name, given.asker), &guess, app.now),
    );
    let (client, found, verdict, otp) = app.db.run(batch).await?;
    let client = client.flatten();
    if given.client_id.is_some() && client.is_none() {
        audit::count(app, Stranger::UnknownClient);
        return Err(ErrorKind::Unauthenticated(Reason::ClientInvalid).into());
    }
    let failed = |refusal| Event::SignInFailed {
        refusal,
        user_id: found.as_ref().map(|found| found.account.id.clone()),
        client: client.as_ref().map(|client| client.id),
    };
    let verdict = verdict.allow(app.now);
    verdict.inspect_err(|_| audit::record(app, failed(Refusal::TooManyAttempts)))?;
    let person = proven(app, client.as_ref(), found.as_ref(), otp, given.code)?;
    let mut person = person.ok_or_else(|| {
        audit::record(app, failed(Refusal::Failed));
        WRONG
    })?;
    person.counted_under = Some(keys);
    Ok((client, person))
}

/// The user whom the code proves, admitted to the client; nobody where it is wrong.
fn proven(
    app: &App,
    client: Option<&AuthClient>,
    found: Option<&AccountWithPassword>,
    otp: Option<ReservedOtp>,
    code: &Secret,
) -> Result<Option<AuthenticatedUser>, Error> {
    let (Some(found), Some(otp)) = (found, otp) else {
        return Ok(None);
    };
    let account = &found.account;
    if otp.client_id != client.map(|client| client.id) || !otp::opens(app, &otp, code, account)? {
        return Ok(None);
    }
    account.admit_to(client)?;
    Ok(Some(AuthenticatedUser {
        account: account.clone(),
        proof: Proof::Otp(otp),
        password_changed_on: found.password_changed_on,
        counted_under: None,
        device_is_new: false,
    }))
}
