//! Looking at a link, and setting a new password with it.

use futures_util::future::join;

use crate::auth::account::Account;
use crate::auth::attempts::device_key;
use crate::auth::client::AuthClient;
use crate::auth::id::{AttemptId, ClientId, ClientNumber};
use crate::auth::one_time::{self, PasswordReset};
use crate::auth::password::check_policy;
use crate::auth::secret::Secret;
use crate::auth::time::Timestamp;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, Stranger};
use crate::edge::flows::credentials;
use crate::edge::flows::notifications;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::accounts::{self, AccountWithPassword};
use crate::store::clients;
use crate::store::links::{self, Link};
use crate::store::passwords;

use super::rules::provider_instead;

/// Looks at a link without using it up.
pub async fn check(app: &App, token: &Secret) -> Result<(), Error> {
    let key = one_time::key::<PasswordReset>(token);
    let link = app.db.run(links::look(&key)).await?;
    if link.is_none() {
        audit::count(app, Stranger::UnknownResetLink);
    }
    require_usable(link.as_ref(), app.now).map(drop)
}

/// A new password as a link brings it.
pub struct NewPassword<'a> {
    /// The link's secret.
    pub token: &'a Secret,
    /// The new password.
    pub password: &'a Secret,
    /// The device that sets it, as it names itself; of the user's devices only this one stays known.
    pub device_id: Option<&'a str>,
}

/// Sets a new password with a link, once, and ends every session of the user.
pub async fn set(
    app: &App,
    client_id: &ClientId,
    client_secret: Option<&Secret>,
    new: &NewPassword<'_>,
) -> Result<(), Error> {
    credentials::require_client(client_id, client_secret)?;
    let key = one_time::key::<PasswordReset>(new.token);
    let reads = (
        clients::by_client_id(client_id),
        links::look(&key),
        accounts::by_link(&key),
    );
    let (answers, record) = join(app.db.run(reads), app.kv.get::<PasswordReset>(&key)).await;
    let (client, link, found) = answers?;
    let calling = credentials::prove_client(app, client, client_secret)?;
    if new.token.is_empty() {
        return Err(ErrorKind::Rejected(Reason::TokenMissing).into());
    }
    let of_client = |link: &Link| match link.client_id == Some(calling.client().id) {
        true => Ok(()),
        false => Err(ErrorKind::Rejected(Reason::ClientInvalid).into()),
    };
    let client = Some(calling.client());
    let (account, old) = usable(app, link.as_ref(), found, client, of_client)?;
    check_policy(new.password, app.config.password_min_length)?;
    replace(
        app,
        client.map(|client| client.id),
        &key,
        &account,
        old.as_deref(),
        new,
    )
    .await?;
    notify(app, record, &account);
    Ok(())
}

/// Sets a new password with a link at our own pages, once, and ends every session of the user. The link
/// may be of any client; answers which.
pub async fn set_here(app: &App, new: &NewPassword<'_>) -> Result<Option<ClientNumber>, Error> {
    let key = one_time::key::<PasswordReset>(new.token);
    let reads = (links::look(&key), accounts::by_link(&key));
    let (answers, record) = join(app.db.run(reads), app.kv.get::<PasswordReset>(&key)).await;
    let (link, found) = answers?;
    let client = link.as_ref().and_then(|link| link.client_id);
    let (account, old) = usable(app, link.as_ref(), found, None, |_| Ok(()))?;
    check_policy(new.password, app.config.password_min_length)?;
    replace(app, client, &key, &account, old.as_deref(), new).await?;
    notify(app, record, &account);
    Ok(client)
}

/// The notice goes to the link's own address; without its record, to the account's present one.
fn notify(app: &App, record: Result<Option<PasswordReset>, Error>, account: &Account) {
    let address = record.ok().flatten().map(|record| record.address);
    let address = address.as_deref().or(account.email.as_deref());
    notifications::password_changed(app, address, account);
}

/// The account that a link is for, without using it up, for a page.
pub async fn look(app: &App, token: &Secret) -> Result<Account, Error> {
    let key = one_time::key::<PasswordReset>(token);
    let reads = (links::look(&key), accounts::by_link(&key));
    let (link, found) = app.db.run(reads).await?;
    usable(app, link.as_ref(), found, None, |_| Ok(())).map(|(account, _)| account)
}

/// Uses the link up and sets the password, both or neither.
async fn replace(
    app: &App,
    client: Option<ClientNumber>,
    key: &str,
    account: &Account,
    old: Option<&str>,
    new: &NewPassword<'_>,
) -> Result<(), Error> {
    let hash = app.config.password_hash;
    if provider_instead(app, old, &account.id).await?.is_some() {
        return Err(ErrorKind::Rejected(Reason::ExternalUser).into());
    }
    if hash.verify(new.password, old, None)?.is_right() {
        return Err(ErrorKind::Rejected(Reason::SamePassword).into());
    }
    let device = new
        .device_id
        .map(|id| device_key(&app.config.data_keys, id));
    let device = device.transpose()?;
    let reset = passwords::ResetPassword {
        key,
        attempt: &AttemptId::draw()?,
        user_id: &account.id,
        old,
        new: &hash.hash(new.password)?,
        device: device.as_deref(),
    };
    let done = app.db.run(passwords::reset(&reset, app.now)).await?;
    let user_id = account.id.clone();
    let event = if done {
        Event::PasswordReset { user_id, client }
    } else {
        let user_id = Some(user_id);
        Event::PasswordResetFailed { user_id, client }
    };
    audit::record(app, event);
    done.then_some(())
        .ok_or_else(|| ErrorKind::Rejected(Reason::TokenRevoked).into())
}

fn require_usable(link: Option<&Link>, now: Timestamp) -> Result<&Link, Error> {
    match link {
        Some(link) if link.is_good(now) => Ok(link),
        Some(link) if link.is_used() => Err(ErrorKind::Rejected(Reason::TokenRevoked).into()),
        _ => Err(ErrorKind::Rejected(Reason::TokenExpired).into()),
    }
}

/// The account whose password may be set with the link, and its stored hash, if any; records a refusal.
fn usable(
    app: &App,
    link: Option<&Link>,
    found: Option<AccountWithPassword>,
    client: Option<&AuthClient>,
    check: impl FnOnce(&Link) -> Result<(), Error>,
) -> Result<(Account, Option<String>), Error> {
    let user_id = found.as_ref().map(|found| found.account.id.clone());
    let allowed = || {
        let link = require_usable(link, app.now)?;
        check(link)?;
        let found = found.ok_or(ErrorKind::Rejected(Reason::TokenExpired))?;
        found
            .account
            .admit_to(client)
            .map_err(|refusal| ErrorKind::Rejected(refusal.reason()))?;
        Ok((found.account, found.password))
    };
    let client = client
        .map(|client| client.id)
        .or(link.and_then(|link| link.client_id));
    allowed().inspect_err(|_| audit::record(app, Event::PasswordResetFailed { user_id, client }))
}
