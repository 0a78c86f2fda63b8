//! A forgotten password: ask for a link, look at it, set a new password with it.

use futures_util::future::join;

use super::audit::{self, Event};
use super::credentials::{self, CallingClient};
use super::notices;
use crate::auth::account::{Account, fold};
use crate::auth::attempts::device_key;
use crate::auth::one_time::{self, PasswordReset};
use crate::auth::password::check_policy;
use crate::auth::secret::{Secret, random_id, random_secret};
use crate::edge::app::App;
use crate::edge::outbound::notifier;
use crate::edge::store::accounts::{self, AccountWithPassword};
use crate::edge::store::clients;
use crate::edge::store::one_time::{self as links, Link, NewLink};
use crate::edge::store::passwords;
use crate::error::{Error, Why};
use crate::wire::message::{Kind, Message};

/// Asks for a link for a username or address. Whether there is such a user shows in nobody's
/// answer and in nobody's clock: the account is looked up when the answer has left.
pub async fn ask(
    app: &App,
    client_id: &str,
    client_secret: &Secret,
    username: &str,
) -> Result<(), Error> {
    let calling = credentials::client(app, client_id, client_secret).await?;
    app.config.messages.delivery()?;
    let username = username.to_owned();
    app.in_background(|app| async move { send_link(&app, &calling, &username).await });
    Ok(())
}

async fn send_link(app: &App, calling: &CallingClient, username: &str) -> Result<(), Error> {
    let answers = app.db.batch([accounts::find_by_name(username)]).await?;
    let Some(found) = accounts::with_password(&answers, 0)? else {
        return Ok(());
    };
    let account = found.account;
    let Some(address) = account.email.as_deref() else {
        return Ok(());
    };
    if account.admit(calling.client()).is_err() {
        return Ok(());
    }
    if found.password.is_none() {
        let providers = accounts::providers(&app.db, &account.id).await?;
        let provider = providers.first().map_or("your provider", String::as_str);
        return notices::send(app, &Message::no_password_here(address, provider, app.now)).await;
    }
    offer_link(app, calling, &account.id, address).await
}

/// Makes a link, unless the mailbox has had its share, and sends it.
async fn offer_link(
    app: &App,
    calling: &CallingClient,
    user_id: &str,
    address: &str,
) -> Result<(), Error> {
    let token = random_secret()?;
    let key = one_time::key::<PasswordReset>(&token);
    let lifetime = app.config.messages.reset_lifetime;
    let link = NewLink {
        attempt: &random_id()?,
        key: &key,
        kind: <PasswordReset as one_time::OneTime>::KIND,
        message_kind: Kind::PasswordReset.name(),
        user_id: Some(user_id),
        client: Some(calling.client().id),
        recipient: &fold(address),
        expires_on: app.now + lifetime.saturating_mul(1000),
    };
    if !links::offer(&app.db, &link, app.now).await? {
        return Ok(());
    }
    let record = PasswordReset {
        address: address.to_owned(),
    };
    app.kv.put(&key, &record, lifetime).await?;
    let href = app.config.messages.reset_link(&token);
    let message = Message::password_reset(address, href, &token, lifetime / 60, app.now);
    notifier::deliver(app, &message).await
}

/// Looks at a link without using it up.
pub async fn check(app: &App, token: &Secret) -> Result<(), Error> {
    let key = one_time::key::<PasswordReset>(token);
    let link = app.db.first(links::look(&key)).await?;
    good(link.as_ref(), app.now).map(drop)
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
    client_id: &str,
    client_secret: &Secret,
    new: &NewPassword<'_>,
) -> Result<(), Error> {
    if client_id.is_empty() || client_secret.is_empty() {
        return Err(Error::Refused(Why::Unauthorized));
    }
    let key = one_time::key::<PasswordReset>(new.token);
    let reads = [
        clients::find_by_client_id(client_id),
        links::look(&key),
        accounts::find_by_link(&key),
    ];
    let (answers, record) = join(app.db.batch(reads), app.kv.get::<PasswordReset>(&key)).await;
    let answers = answers?;
    let calling = credentials::prove_client(answers.row(0)?, client_secret)?;
    if new.token.is_empty() {
        return Err(Error::Refused(Why::TokenMissing));
    }
    let link = links::link(&answers, 1)?;
    let found = accounts::with_password(&answers, 2)?;
    let whose = found.as_ref().map(|found| found.account.id.clone());
    let (account, old) = good(link.as_ref(), app.now)
        .and_then(|link| allowed(&calling, link, found))
        .inspect_err(|_| note(app, "failed", &calling, whose))?;
    check_policy(new.password, app.config.password_min_length, "/password")?;
    replace(app, &calling, &key, &account, &old, new).await?;
    // The link's own address is told; where this place has forgotten it, the present one.
    let address = record.ok().flatten().map(|record| record.address);
    notices::password_changed(app, address.or(account.email));
    Ok(())
}

/// Uses the link up and sets the password, both or neither.
async fn replace(
    app: &App,
    calling: &CallingClient,
    key: &str,
    account: &Account,
    old: &str,
    new: &NewPassword<'_>,
) -> Result<(), Error> {
    let hash = app.config.password_hash;
    if hash.verify(new.password, Some(old), None)?.is_right() {
        return Err(Error::Refused(Why::SamePassword));
    }
    let device = new
        .device_id
        .map(|id| device_key(&app.config.data_keys, id));
    let device = device.transpose()?;
    let reset = passwords::PasswordReset {
        key,
        attempt: &random_id()?,
        user_id: &account.id,
        old,
        new: &hash.hash(new.password)?,
        device: device.as_deref(),
    };
    let done = passwords::reset_password(&app.db, &reset, app.now).await?;
    let result = if done { "ok" } else { "failed" };
    note(app, result, calling, Some(account.id.clone()));
    done.then_some(()).ok_or(Error::Refused(Why::TokenRevoked))
}

fn note(app: &App, result: &'static str, calling: &CallingClient, user_id: Option<String>) {
    let event = Event {
        kind: "reset",
        result,
        user_id,
        client: Some(calling.client().id),
        session_id: None,
    };
    audit::record(app, event);
}

const fn good(link: Option<&Link>, now: i64) -> Result<&Link, Error> {
    match link {
        Some(link) if link.is_good(now) => Ok(link),
        Some(link) if link.is_used() => Err(Error::Refused(Why::TokenRevoked)),
        _ => Err(Error::Refused(Why::TokenExpired)),
    }
}

/// Whose password this client may set with this link, and the password as it is stored now.
fn allowed(
    calling: &CallingClient,
    link: &Link,
    found: Option<AccountWithPassword>,
) -> Result<(Account, String), Error> {
    if link.client_id != Some(calling.client().id) {
        return Err(Error::Refused(Why::ClientInvalid));
    }
    let found = found.ok_or(Error::Refused(Why::TokenExpired))?;
    found
        .account
        .admit(calling.client())
        .map_err(|error| match error {
            Error::Strategy(why) => Error::Refused(why),
            other => other,
        })?;
    let old = found.password.ok_or(Error::Refused(Why::ExternalUser))?;
    Ok((found.account, old))
}
