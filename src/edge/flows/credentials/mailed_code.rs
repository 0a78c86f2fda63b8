//! The code that was mailed as a credential: a first factor in the place of the password.

use super::client::AuthenticatedClient;
use super::otp;
use super::person::AuthenticatedUser;
use super::proof::Proof;
use super::sign_in::tag;
use crate::auth::account::{Account, canonical_name};
use crate::auth::attempts::{AttemptOrigin, CounterKeys};
use crate::auth::id::{AttemptId, ClientId, ClientNumber};
use crate::auth::one_time::{self, Otp};
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, Refusal, Stranger};
use crate::error::{Error, Reason};
use crate::store::attempts::{self, LoginAttempt};
use crate::store::otps::{self, ReservedOtp};
use crate::store::{accounts, clients};

const WRONG: Error = Error::Rejected(Reason::SecondFactorWrong);

/// A code as it was typed.
pub struct MailedCode<'a> {
    /// The client's public name, which the code was asked for.
    pub client_id: &'a ClientId,
    /// The name that it was asked for.
    pub username: &'a str,
    /// The code.
    pub code: &'a Secret,
    /// Where it comes from.
    pub origin: &'a AttemptOrigin,
}

/// The key of a folded name's mailed code. No canonical name begins with spaces, so it is apart from the
/// OTPs, which can be passwords.
pub fn key(name: &str, client: &ClientId) -> String {
    one_time::key::<Otp>(&Secret::new(format!("  {client} {name}")))
}

/// Authenticates a user by a code that was mailed, in one round trip. A guess is counted as one of the
/// password is.
pub async fn sign_in_by_mailed_code(
    app: &App,
    given: &MailedCode<'_>,
) -> Result<(AuthenticatedClient, AuthenticatedUser), Error> {
    let name = canonical_name(given.username);
    let keys = CounterKeys::of(&app.config.data_keys, &name, given.origin)?;
    let guess = LoginAttempt {
        name: &name,
        keys: &keys,
        attempt: &AttemptId::draw()?,
        tag: &tag(app, &name, given.code)?,
        client: Some((given.client_id, None)),
        limits: app.config.attempts,
    };
    let batch = (
        clients::by_client_id(given.client_id),
        accounts::by_name(given.username),
        attempts::count(&guess, app.now),
        otps::reserve(&key(&name, given.client_id), &guess, app.now),
    );
    let (client, found, verdict, otp) = app.db.run(batch).await?;
    let client = client.ok_or_else(|| {
        audit::count(app, Stranger::UnknownClient);
        Error::Unauthenticated(Reason::ClientInvalid)
    })?;
    let failed = |refusal| Event::SignInFailed {
        refusal,
        user_id: found.as_ref().map(|found| found.account.id.clone()),
        client: Some(client.id),
    };
    let verdict = verdict.allow(app.now);
    verdict.inspect_err(|_| audit::record(app, failed(Refusal::TooManyAttempts)))?;
    let account = found.as_ref().map(|found| found.account.clone());
    let proven = proven(app, client.id, account, otp, given.code)?;
    let (account, otp) = proven.ok_or_else(|| {
        audit::record(app, failed(Refusal::Failed));
        WRONG
    })?;
    account.admit_to(Some(&client))?;
    let person = AuthenticatedUser {
        account,
        proof: Proof::Otp(otp),
        password_changed_on: found.and_then(|found| found.password_changed_on),
        counted_under: Some(keys),
        device_is_new: false,
    };
    Ok((AuthenticatedClient { client }, person))
}

fn proven(
    app: &App,
    client: ClientNumber,
    account: Option<Account>,
    otp: Option<ReservedOtp>,
    code: &Secret,
) -> Result<Option<(Account, ReservedOtp)>, Error> {
    let (Some(account), Some(otp)) = (account, otp) else {
        return Ok(None);
    };
    let opens = otp.client_id == Some(client) && otp::opens(app, &otp, code, &account)?;
    Ok(opens.then_some((account, otp)))
}
