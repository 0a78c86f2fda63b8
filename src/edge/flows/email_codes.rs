//! Codes by mail, a first factor where `EMAIL_CODES` is on. They go to an address that its owner has proven,
//! and sign no administrator in: whoever reads the mail has no other factor by that.

use super::credentials::{self, mailed_code};
use super::notifications;
use crate::auth::account::{ADMINISTER, canonical_name};
use crate::auth::address::Mailbox;
use crate::auth::client::AuthClient;
use crate::auth::data_key::Purpose;
use crate::auth::factor::mailed_code::{LIFETIME, draw};
use crate::auth::id::{AttemptId, ClientId};
use crate::auth::secret::Secret;
use crate::edge::app::App;
use crate::edge::outbound::notifier;
use crate::error::{Error, ErrorKind};
use crate::store::otps::{self, NewOtp};
use crate::store::{accounts, messages};
use crate::wire::message::{Message, MessageKind};

/// Mails a code to the owner of a username or address. Neither the response nor its time reveals whether
/// there is such a user: the account is looked up when the response has left.
pub async fn ask(
    app: &App,
    client_id: &ClientId,
    client_secret: Option<&Secret>,
    username: &str,
) -> Result<(), Error> {
    let calling = credentials::client(app, client_id, client_secret).await?;
    let client = calling.client().clone();
    ask_here(app, Some(client), username, client_id.as_str())
}

/// The same for a browser at our pages, for a client if one is named. Only who has asked can use the code.
pub fn ask_here(
    app: &App,
    client: Option<AuthClient>,
    username: &str,
    asker: &str,
) -> Result<(), Error> {
    if !app.config.email_codes {
        return Err(ErrorKind::NotConfigured("EMAIL_CODES").into());
    }
    app.config.messages.delivery()?;
    let asked = (username.to_owned(), asker.to_owned());
    app.in_background(|app| async move { send(&app, client.as_ref(), &asked).await });
    Ok(())
}

async fn send(
    app: &App,
    client: Option<&AuthClient>,
    (username, asker): &(String, String),
) -> Result<(), Error> {
    let found = app.db.run(accounts::by_name(username)).await?;
    let Some(account) = found.map(|found| found.account) else {
        return Ok(());
    };
    let admitted = account.admit_to(client).is_ok() && !account.holds(ADMINISTER);
    let address = account.email.as_deref();
    let Some(address) = address.filter(|_| account.email_verified && admitted) else {
        return Ok(());
    };
    let (attempt, mailbox) = (AttemptId::draw()?, Mailbox::of(address));
    let new = notifications::counted(app, &attempt, MessageKind::EmailCode, &mailbox)?;
    if !app.db.run(messages::count(&new, app.now)).await? {
        return Ok(());
    }
    let code = draw()?;
    let key = mailed_code::key(&canonical_name(username), asker);
    let mac = app
        .config
        .data_keys
        .tag(Purpose::Otp, &[&key, code.expose()])?;
    let row = NewOtp {
        key: &key,
        mac: &mac,
        client: client.map(|client| client.id),
        usable: true,
        expires_on: app.now + LIFETIME,
    };
    app.db.run(otps::put(&row, app.now)).await?;
    let to = notifications::recipient(app, address, Some(&account));
    let message = Message::email_code(&to, &code, LIFETIME.minutes(), app.now);
    notifier::deliver(app, &message).await
}
