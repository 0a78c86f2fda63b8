//! A forgotten password: ask for a link, look at it, set a new password with it.

use futures_util::future::join;

use super::audit::{self, Event, Stranger};
use super::credentials::{self, AuthenticatedClient};
use super::notifications;
use crate::auth::account::{Account, canonical_name};
use crate::auth::address::Mailbox;
use crate::auth::attempts::device_key;
use crate::auth::id::{AttemptId, ClientId, ClientNumber, UserId};
use crate::auth::one_time::{self, PasswordReset};
use crate::auth::password::check_policy;
use crate::auth::secret::{Secret, random_secret};
use crate::auth::time::Timestamp;
use crate::edge::app::App;
use crate::edge::outbound::notifier;
use crate::error::{Error, Reason};
use crate::store::accounts::{self, AccountWithPassword};
use crate::store::clients;
use crate::store::links::{self, Link, NewLink};
use crate::store::passwords;
use crate::wire::message::{Message, MessageKind};

/// Requests a link for a username or address. Neither the response nor its time reveals whether
/// there is such a user: the account is looked up when the response has left.
pub async fn ask(
    app: &App,
    client_id: &ClientId,
    client_secret: &Secret,
    username: &str,
) -> Result<(), Error> {
    let calling = credentials::client(app, client_id, client_secret).await?;
    app.config.messages.delivery()?;
    let username = username.to_owned();
    app.in_background(|app| async move { send_link(&app, &calling, &username).await });
    Ok(())
}

async fn send_link(app: &App, calling: &AuthenticatedClient, username: &str) -> Result<(), Error> {
    let Some(found) = app.db.run(accounts::by_name(username)).await? else {
        return Ok(());
    };
    let account = found.account;
    let Some(address) = account.email.as_deref() else {
        return Ok(());
    };
    if account.admit(calling.client()).is_err() {
        return Ok(());
    }
    match provider_instead(app, found.password.as_deref(), &account.id).await? {
        Some(provider) => {
            let message = Message::no_password_here(address, &provider, app.now);
            notifications::send(app, &message).await
        }
        None => offer_link(app, calling.client().id, &account.id, address, false).await,
    }
}

/// The provider with which a user without a password signs in. A user with neither gets a password by a
/// link as others do.
async fn provider_instead(
    app: &App,
    password: Option<&str>,
    user_id: &UserId,
) -> Result<Option<String>, Error> {
    if password.is_some() {
        return Ok(None);
    }
    let providers = app.db.run(accounts::providers(user_id)).await?;
    Ok(providers.into_iter().next().map(|(provider,)| provider))
}

/// Makes a link and sends it, unless one of the limits is reached.
async fn offer_link(
    app: &App,
    client: ClientNumber,
    user_id: &UserId,
    address: &str,
    is_invitation: bool,
) -> Result<(), Error> {
    let token = random_secret()?;
    let key = one_time::key::<PasswordReset>(&token);
    let lifetime = app.config.messages.reset_lifetime;
    let (attempt, mailbox) = (AttemptId::draw()?, Mailbox::of(address));
    let link = NewLink {
        message: notifications::counted(app, &attempt, MessageKind::PasswordReset, &mailbox)?,
        key: &key,
        kind: <PasswordReset as one_time::OneTime>::KIND,
        user_id: Some(user_id),
        client: Some(client),
        recipient: &canonical_name(address),
        expires_on: app.now + lifetime,
    };
    if !app.db.run(links::offer(&link, app.now)).await? {
        return Ok(());
    }
    let record = PasswordReset {
        address: address.to_owned(),
    };
    app.kv.put(&key, &record, lifetime).await?;
    let href = app.config.messages.reset_link(&token);
    let write = if is_invitation {
        Message::invitation
    } else {
        Message::password_reset
    };
    let message = write(address, href, &token, lifetime.minutes(), app.now);
    notifier::deliver(app, &message).await
}

/// Sends a link to a user on an administrator's behalf: to choose a first password, or a new one. Nothing
/// is sent to somebody without an address or without a client to sign in to.
pub async fn send_to(app: &App, user_id: &UserId, is_invitation: bool) -> Result<(), Error> {
    let account = app.db.run(accounts::by_id(user_id)).await?;
    let Some(account) = account else {
        return Ok(());
    };
    let client = account.client_ids.first().copied();
    match (account.email.as_deref(), client) {
        (Some(address), Some(client)) => {
            offer_link(app, client, user_id, address, is_invitation).await
        }
        _ => Ok(()),
    }
}

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
    client_secret: &Secret,
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
        return Err(Error::Rejected(Reason::TokenMissing));
    }
    let user_id = found.as_ref().map(|found| found.account.id.clone());
    let client = calling.client().id;
    let (account, old) = require_usable(link.as_ref(), app.now)
        .and_then(|link| allowed(&calling, link, found))
        .inspect_err(|_| audit::record(app, Event::PasswordResetFailed { user_id, client }))?;
    check_policy(new.password, app.config.password_min_length)?;
    replace(app, &calling, &key, &account, old.as_deref(), new).await?;
    // The notice goes to the link's own address; without its record, to the account's present one.
    let address = record.ok().flatten().map(|record| record.address);
    notifications::password_changed(app, address.or(account.email));
    Ok(())
}

/// Uses the link up and sets the password, both or neither.
async fn replace(
    app: &App,
    calling: &AuthenticatedClient,
    key: &str,
    account: &Account,
    old: Option<&str>,
    new: &NewPassword<'_>,
) -> Result<(), Error> {
    let hash = app.config.password_hash;
    if provider_instead(app, old, &account.id).await?.is_some() {
        return Err(Error::Rejected(Reason::ExternalUser));
    }
    if hash.verify(new.password, old, None)?.is_right() {
        return Err(Error::Rejected(Reason::SamePassword));
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
    let (user_id, client) = (account.id.clone(), calling.client().id);
    let event = if done {
        Event::PasswordReset { user_id, client }
    } else {
        let user_id = Some(user_id);
        Event::PasswordResetFailed { user_id, client }
    };
    audit::record(app, event);
    done.then_some(())
        .ok_or(Error::Rejected(Reason::TokenRevoked))
}

fn require_usable(link: Option<&Link>, now: Timestamp) -> Result<&Link, Error> {
    match link {
        Some(link) if link.is_good(now) => Ok(link),
        Some(link) if link.is_used() => Err(Error::Rejected(Reason::TokenRevoked)),
        _ => Err(Error::Rejected(Reason::TokenExpired)),
    }
}

/// The account whose password the client may set with the link, and its stored hash, if any.
fn allowed(
    calling: &AuthenticatedClient,
    link: &Link,
    found: Option<AccountWithPassword>,
) -> Result<(Account, Option<String>), Error> {
    if link.client_id != Some(calling.client().id) {
        return Err(Error::Rejected(Reason::ClientInvalid));
    }
    let found = found.ok_or(Error::Rejected(Reason::TokenExpired))?;
    found
        .account
        .admit(calling.client())
        .map_err(|refusal| Error::Rejected(refusal.reason()))?;
    Ok((found.account, found.password))
}
