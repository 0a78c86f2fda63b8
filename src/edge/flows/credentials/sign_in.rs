//! A client and a person prove themselves, in one trip.

use super::client::{AuthenticatedClient, NOBODY, client, prove_client, require_client};
use super::otp;
use super::person::AuthenticatedUser;
use super::proof::Proof;
use crate::auth::account::{Account, canonical_name};
use crate::auth::attempts::{AttemptOrigin, CounterKeys};
use crate::auth::client::AuthClient;
use crate::auth::data_key::Purpose;
use crate::auth::id::{AttemptId, ClientId, UserId};
use crate::auth::password::Verdict;
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, Refusal, Stranger};
use crate::error::{Error, ErrorKind, Reason};
use crate::store::accounts::{self, AccountWithPassword};
use crate::store::attempts::{self, LoginAttempt};
use crate::store::otps::{self, ReservedOtp};
use crate::store::{clients, known_devices, passwords};

/// What a sign-in brings.
pub struct Credentials<'a> {
    /// The client's public name.
    pub client_id: &'a ClientId,
    /// What proves the client; none of one that keeps none.
    pub client_secret: Option<&'a Secret>,
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
        return Err(ErrorKind::Unauthenticated(Reason::MissingCredentials).into());
    }
    let digest = client_secret.map(Secret::digest);
    let named = Some((client_id, digest.as_deref()));
    let (client, attempted) = look_up(app, named, person).await?;
    let calling = prove_client(app, client, client_secret)?;
    let person = prove_member(app, attempted, Some(&calling.client), person.password)?;
    Ok((calling, person))
}

/// Authenticates a user for the client of ServiceStack's callers, in one round trip. No request
/// carries a secret of that client: the deployment vouches for it, by `SERVICESTACK_CLIENT_ID`.
pub async fn sign_in_to_named(
    app: &App,
    person: &PasswordCredentials<'_>,
) -> Result<(AuthenticatedClient, AuthenticatedUser), Error> {
    let client_id = app.config.servicestack_client_id.as_ref().ok_or(NOBODY)?;
    let (client, attempted) = look_up(app, Some((client_id, None)), person).await?;
    let calling = AuthenticatedClient {
        client: client.ok_or(NOBODY)?,
    };
    let person = prove_member(app, attempted, Some(&calling.client), person.password)?;
    Ok((calling, person))
}

/// Authenticates a user at the pages of this service, in one round trip: for the client that they act
/// for, whose code goes to its registered redirect URL alone, or for none.
///
/// Nothing is tried and nothing counted where the client does not exist.
pub async fn sign_in_here(
    app: &App,
    client_id: Option<&ClientId>,
    person: &PasswordCredentials<'_>,
) -> Result<AuthenticatedUser, Error> {
    if canonical_name(person.username).is_empty() || person.password.is_empty() {
        return Err(ErrorKind::Unauthenticated(Reason::MissingCredentials).into());
    }
    let named = client_id.map(|client_id| (client_id, None));
    let (client, attempted) = look_up(app, named, person).await?;
    if client_id.is_some() && client.is_none() {
        audit::count(app, Stranger::UnknownClient);
        return Err(ErrorKind::Unauthenticated(Reason::ClientInvalid).into());
    }
    prove_member(app, attempted, client.as_ref(), person.password)
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
    /// Whether the user has signed in before, and never with the device.
    device_is_new: bool,
}

/// Reads client and account, counts the attempt, reserves an OTP if that is allowed, and draws the
/// stored hash that stands in where the name has none. The client comes with the digest of the secret
/// that it gave; without one it has been vouched for, or keeps none.
async fn look_up(
    app: &App,
    client: Option<(&ClientId, Option<&str>)>,
    person: &PasswordCredentials<'_>,
) -> Result<(Option<AuthClient>, Attempted), Error> {
    let name = canonical_name(person.username);
    let keys = CounterKeys::of(&app.config.data_keys, &name, person.origin)?;
    let guess = LoginAttempt {
        name: &name,
        keys: &keys,
        attempt: &AttemptId::draw()?,
        tag: &tag(app, &name, person.password)?,
        client,
        limits: app.config.attempts,
    };
    let draw_key = app.config.data_keys.short_tag(Purpose::StandIn, &[&name])?;
    let device = keys.device.as_deref();
    let batch = (
        client.map(|(client_id, _)| clients::by_client_id(client_id)),
        accounts::by_name(person.username),
        attempts::count(&guess, app.now),
        otps::reserve(&otp::key(&name), &guess, app.now),
        passwords::dummy_hash(&draw_key),
        device.map(|device| known_devices::is_new(&name, device)),
    );
    let (client, account, verdict, otp, dummy_hash, device_is_new) = app.db.run(batch).await?;
    let attempted = Attempted {
        keys,
        account,
        verdict,
        otp,
        dummy_hash: dummy_hash.map(|(hash,)| hash),
        device_is_new: device_is_new.is_some_and(|(is_new,)| is_new),
    };
    Ok((client.flatten(), attempted))
}

/// Authenticates the user of a [`look_up`] for the client, and records a failure. A success is
/// recorded with the session or code that it opens.
fn prove_member(
    app: &App,
    attempted: Attempted,
    client: Option<&AuthClient>,
    password: &Secret,
) -> Result<AuthenticatedUser, Error> {
    let Attempted {
        keys,
        account: found,
        verdict,
        otp,
        dummy_hash,
        device_is_new,
    } = attempted;
    let user_id = found.as_ref().map(|found| found.account.id.clone());
    let failed = |refusal| Event::SignInFailed {
        refusal,
        user_id: user_id.clone(),
        client: client.map(|client| client.id),
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
            account.admit_to(client)?;
            Ok((account, proof))
        })
        .inspect_err(|_| audit::record(app, failed(verdict.into())))?;
    Ok(AuthenticatedUser {
        account,
        proof,
        password_changed_on,
        counted_under: Some(keys),
        device_is_new,
    })
}

fn prove_person(
    app: &App,
    found: Option<AccountWithPassword>,
    verdict: Verdict,
    password: &Secret,
    otp: Option<ReservedOtp>,
) -> Result<(Account, Proof), Error> {
    let refusal = ErrorKind::Unauthenticated(Reason::InvalidCredentials);
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
        _ => Err(refusal.into()),
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
