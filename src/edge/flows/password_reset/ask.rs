//! Asking for a link to a new password.

use crate::auth::account::canonical_name;
use crate::auth::address::Mailbox;
use crate::auth::client::AuthClient;
use crate::auth::id::{AttemptId, ClientId, ClientNumber, UserId};
use crate::auth::one_time::{self, PasswordReset};
use crate::auth::secret::{Secret, random_secret};
use crate::auth::time::Timestamp;
use crate::edge::app::App;
use crate::edge::flows::credentials;
use crate::edge::flows::notifications;
use crate::edge::outbound::notifier;
use crate::error::Error;
use crate::store::accounts;
use crate::store::links::{self, NewLink};
use crate::wire::message::{Message, MessageKind, Recipient};

use super::rules::provider_instead;

/// Requests a link for a username or address. Neither the response nor its time reveals whether
/// there is such a user: the account is looked up when the response has left.
pub async fn ask(
    app: &App,
    client_id: &ClientId,
    client_secret: Option<&Secret>,
    username: &str,
) -> Result<(), Error> {
    let calling = credentials::client(app, client_id, client_secret).await?;
    ask_here(app, Some(calling.client().clone()), username)
}

/// Requests a link at our own pages, for the client that they act for, or for none.
pub fn ask_here(app: &App, client: Option<AuthClient>, username: &str) -> Result<(), Error> {
    app.config.messages.delivery()?;
    let username = username.to_owned();
    app.in_background(|app| async move { send_link(&app, client.as_ref(), &username).await });
    Ok(())
}

async fn send_link(app: &App, client: Option<&AuthClient>, username: &str) -> Result<(), Error> {
    let Some(found) = app.db.run(accounts::by_name(username)).await? else {
        return Ok(());
    };
    let account = found.account;
    let Some(address) = account.email.as_deref() else {
        return Ok(());
    };
    if account.admit_to(client).is_err() {
        return Ok(());
    }
    let to = notifications::recipient(app, address, Some(&account));
    match provider_instead(app, found.password.as_deref(), &account.id).await? {
        Some(provider) => {
            let message = Message::no_password_here(&to, &provider, app.now);
            notifications::send(app, &message).await
        }
        None => {
            let client = client.map(|client| client.id);
            offer_link(app, client, &account.id, &to, Message::password_reset).await
        }
    }
}

/// Sends a link to a user on an administrator's behalf: to choose a first password, or a new one. Nothing
/// is sent to somebody without an address or without a client to sign in to.
pub async fn send_to(app: &App, user_id: &UserId, is_invitation: bool) -> Result<(), Error> {
    let account = app.db.run(accounts::by_id(user_id)).await?;
    let Some(account) = account else {
        return Ok(());
    };
    let client = account.client_ids.first().copied();
    let (Some(address), Some(client)) = (account.email.as_deref(), client) else {
        return Ok(());
    };
    let to = notifications::recipient(app, address, Some(&account));
    let write = if is_invitation {
        Message::invitation
    } else {
        Message::password_reset
    };
    offer_link(app, Some(client), user_id, &to, write).await
}

/// How a message with a link is written.
type WriteLink = fn(&Recipient<'_>, String, &Secret, i64, Timestamp) -> Message;

/// Makes a link and sends it, unless one of the limits is reached.
async fn offer_link(
    app: &App,
    client: Option<ClientNumber>,
    user_id: &UserId,
    to: &Recipient<'_>,
    write: WriteLink,
) -> Result<(), Error> {
    let token = random_secret()?;
    let key = one_time::key::<PasswordReset>(&token);
    let lifetime = app.config.messages.reset_lifetime;
    let (attempt, mailbox) = (AttemptId::draw()?, Mailbox::of(to.address));
    let link = NewLink {
        message: notifications::counted(app, &attempt, MessageKind::PasswordReset, &mailbox)?,
        key: &key,
        kind: <PasswordReset as one_time::OneTime>::KIND,
        user_id: Some(user_id),
        client,
        recipient: &canonical_name(to.address),
        payload: None,
        expires_on: app.now + lifetime,
    };
    if !app.db.run(links::offer(&link, app.now)).await? {
        return Ok(());
    }
    let record = PasswordReset {
        address: to.address.to_owned(),
    };
    app.kv.put(&key, &record, lifetime).await?;
    let href = app.config.messages.reset_link(&token);
    let message = write(to, href, &token, lifetime.minutes(), app.now);
    notifier::deliver(app, &message).await
}
