//! A client and a person prove themselves, in one trip.

use super::client::{AuthenticatedClient, NOBODY, client, prove_client, require_client};
use super::otp;
use super::person::{AuthenticatedUser, Proof};
use crate::auth::account::{Account, canonical_name};
use crate::auth::attempts::{AttemptOrigin, CounterKeys};
use crate::auth::client::AuthClient;
use crate::auth::data_key::Purpose;
use crate::auth::id::{AttemptId, ClientId, UserId};
use crate::auth::password::Verdict;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, Refusal};
use crate::error::{Error, Reason};
use crate::store::accounts::{self, AccountWithPassword};
use crate::store::attempts::{self, LoginAttempt};
use crate::store::otps::{self, ReservedOtp};
use crate::store::{clients, passwords};

/// What a sign-in brings.
pub struct Credentials<'a> {
    /// The client's public name.
    pub client_id: &'a ClientId,
    /// What proves the client.
    pub client_secret: &'a Secret,
    /// What proves the person.
    pub person: PasswordCredentials<'a>,
}

/// What a person presents.
pub struct PasswordCredentials<'a> {
    /// Username or e-mail address.
    pub username: &'a str,
    /// Password.
    pub password: &'a Secret,
    /// Where it comes from.
    pub origin: &'a AttemptOrigin,
}

/// Authenticates a client and a user, in one round trip.
///
/// A wrong username, password or account has one response after the same work; only a caller who knows
/// the password learns more.
pub async fn sign_in(
    app: &App,
    credentials: &Credentials<'_>,
) -> Result<(AuthenticatedClient, AuthenticatedUser), Error> {
    let Credentials {
        client_id,
        client_secret,
        ref person,
    } = *credentials;
    require_client(client_id, client_secret)?;
    if canonical_name(person.username).is_empty() || person.password.is_empty() {
        // Nothing to try, so nothing is counted; but the client must prove itself all the same.
        client(app, client_id, client_secret).await?;
        return Err(Error::Unauthenticated(Reason::MissingCredentials));
    }
    let digest = client_secret.digest();
    let (client, attempted) = look_up(app, client_id, Some(&digest), person).await?;
    let calling = prove_client(app, client, client_secret)?;
    let person = prove_member(app, attempted, &calling, person.password)?;
    Ok((calling, person))
}

/// Authenticates a user for the client of ServiceStack's callers, in one round trip. No request
/// carries a secret of that client: the deployment vouches for it, by `SERVICESTACK_CLIENT_ID`.
pub async fn sign_in_to_named(
    app: &App,
    person: &PasswordCredentials<'_>,
) -> Result<(AuthenticatedClient, AuthenticatedUser), Error> {
    let client_id = app.config.servicestack_client_id.as_ref().ok_or(NOBODY)?;
    let (client, attempted) = look_up(app, client_id, None, person).await?;
    let calling = AuthenticatedClient {
        client: client.ok_or(NOBODY)?,
    };
    let person = prove_member(app, attempted, &calling, person.password)?;
    Ok((calling, person))
}

/// What a [`look_up`] found of a person.
struct Attempted {
    /// What the attempt was counted under.
    keys: CounterKeys,
    account: Option<AccountWithPassword>,
    verdict: attempts::AttemptVerdict,
    otp: Option<ReservedOtp>,
    /// The stored hash that stands in where the name has none.
    dummy_hash: Option<String>,
}

/// Reads client and account, counts the attempt, reserves an OTP if that is allowed, and draws the
/// stored hash that stands in where the name has none. Without a digest the client has been vouched
/// for.
async fn look_up(
    app: &App,
    client_id: &ClientId,
    secret_digest: Option<&str>,
    person: &PasswordCredentials<'_>,
) -> Result<(Option<AuthClient>, Attempted), Error> {
    let name = canonical_name(person.username);
    let keys = CounterKeys::of(&app.config.data_keys, &name, person.origin)?;
    let guess = LoginAttempt {
        name: &name,
        keys: &keys,
        attempt: &AttemptId::draw()?,
        tag: &tag(app, &name, person.password)?,
        client: Some((client_id, secret_digest)),
        limits: app.config.attempts,
    };
    let draw_key = app.config.data_keys.short_tag(Purpose::StandIn, &[&name])?;
    let batch = (
        clients::by_client_id(client_id),
        accounts::by_name(person.username),
        attempts::count(&guess, app.now),
        otps::reserve(&otp::key(&name), &guess, app.now),
        passwords::dummy_hash(&draw_key),
    );
    let (client, account, verdict, otp, dummy_hash) = app.db.run(batch).await?;
    let attempted = Attempted {
        keys,
        account,
        verdict,
        otp,
        dummy_hash: dummy_hash.map(|(hash,)| hash),
    };
    Ok((client, attempted))
}

/// Authenticates the user of a [`look_up`] for the client, and records a failure. A success is
/// recorded with the session or code that it opens.
fn prove_member(
    app: &App,
    attempted: Attempted,
    calling: &AuthenticatedClient,
    password: &Secret,
) -> Result<AuthenticatedUser, Error> {
    let Attempted {
        keys,
        account: found,
        verdict,
        otp,
        dummy_hash,
    } = attempted;
    let user_id = found.as_ref().map(|found| found.account.id.clone());
    let failed = |refusal| Event::SignInFailed {
        refusal,
        user_id: user_id.clone(),
        client: calling.client.id,
    };
    verdict
        .allow(app.now)
        .inspect_err(|_| audit::record(app, failed(Refusal::TooManyAttempts)))?;
    let password_changed_on = found.as_ref().and_then(|found| found.password_changed_on);
    let stored = found.as_ref().and_then(|found| found.password.as_deref());
    let algorithm = app.config.password_hash;
    let verdict = algorithm.verify(password, stored, dummy_hash.as_deref())?;
    let (account, proof) = prove_person(app, found, verdict, password, otp)
        .and_then(|(account, proof)| {
            account.admit(&calling.client)?;
            Ok((account, proof))
        })
        .inspect_err(|_| audit::record(app, failed(verdict.into())))?;
    Ok(AuthenticatedUser {
        account,
        proof,
        password_changed_on,
        counted_under: Some(keys),
    })
}

fn prove_person(
    app: &App,
    found: Option<AccountWithPassword>,
    verdict: Verdict,
    password: &Secret,
    otp: Option<ReservedOtp>,
) -> Result<(Account, Proof), Error> {
    let refusal = Error::Unauthenticated(Reason::InvalidCredentials);
    let AccountWithPassword {
        account,
        password: stored,
        ..
    } = found.ok_or_else(|| refusal.clone())?;
    if verdict.is_right() {
        if let (Verdict::Outdated, Some(stored)) = (verdict, stored) {
            rehash(app, &account.id, stored, password);
        }
        return Ok((account, Proof::Password { unused: otp }));
    }
    match otp {
        Some(reserved) if otp::opens(app, &reserved, password, &account)? => {
            Ok((account, Proof::Otp(reserved)))
        }
        _ => Err(refusal),
    }
}

/// Stores a password under today's hash, after the answer has left.
fn rehash(app: &App, user_id: &UserId, stored: String, password: &Secret) {
    let algorithm = app.config.password_hash;
    let (user_id, password) = (user_id.to_owned(), password.clone());
    app.in_background(|app| async move {
        let hash = algorithm.hash(&password)?;
        app.db
            .run(passwords::rehash(&user_id, &stored, &hash))
            .await
    });
}

/// Recognises the same attempt sent twice, and reveals nothing of the password.
pub fn tag(app: &App, name: &str, password: &Secret) -> Result<String, Error> {
    let keys = &app.config.data_keys;
    keys.short_tag(Purpose::Attempt, &[name, password.expose()])
}
