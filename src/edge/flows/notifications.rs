//! Messages that go out in the background, each counted, so that no mailbox is flooded.

use super::credentials::AuthenticatedUser;
use crate::auth::account::Account;
use crate::auth::address::Mailbox;
use crate::auth::data_key::Purpose;
use crate::auth::id::AttemptId;
use crate::edge::app::App;
use crate::edge::outbound::notifier;
use crate::error::Error;
use crate::store::messages::{self, NewMessage};
use crate::wire::message::{Message, MessageKind, Recipient};
use crate::wire::pages::device;
use crate::wire::texts::Locale;

/// Who a message is for, in the language of the account, if it has one, else of the deployment.
pub fn recipient<'a>(app: &App, address: &'a str, account: Option<&Account>) -> Recipient<'a> {
    in_language(
        app,
        address,
        account.and_then(|account| account.locale.as_deref()),
    )
}

fn in_language<'a>(app: &App, address: &'a str, own: Option<&str>) -> Recipient<'a> {
    let locale = own.and_then(Locale::of_tag);
    Recipient {
        address,
        locale: locale
            .or_else(|| Locale::of_tag(&app.config.locale))
            .unwrap_or_default(),
    }
}

/// How a message is counted. A request for a link needs no credentials, so all limits hold for those
/// messages; what has happened to an account is notified to its owner whatever was requested before.
pub fn counted<'a>(
    app: &App,
    attempt: &'a AttemptId,
    kind: MessageKind,
    mailbox: &'a Mailbox,
) -> Result<NewMessage<'a>, Error> {
    let needs_no_account = kind.needs_no_account();
    let messages = &app.config.messages;
    let is_listed = messages.unlimited_domains.contains(&mailbox.domain);
    let recipient = ["mailbox", &mailbox.address];
    Ok(NewMessage {
        attempt,
        kind: kind.name(),
        recipient: app.config.data_keys.tag(Purpose::Counter, &recipient)?,
        domain: (needs_no_account && !is_listed).then_some(&mailbox.domain),
        per_hour: needs_no_account.then_some(messages.per_hour),
    })
}

/// Sends a message that carries no link, unless one of the limits is reached.
pub async fn send(app: &App, message: &Message) -> Result<(), Error> {
    let (attempt, mailbox) = (AttemptId::draw()?, Mailbox::of(&message.to));
    let new = counted(app, &attempt, message.kind, &mailbox)?;
    if app.db.run(messages::count(&new, app.now)).await? {
        notifier::deliver(app, message).await?;
    }
    Ok(())
}

/// Notifies the owner of an account of a changed password, where messages can be sent.
pub fn password_changed(app: &App, address: Option<&str>, account: &Account) {
    let Some(address) = address else { return };
    let to = recipient(app, address, Some(account));
    send_later(app, Message::password_changed(&to, app.now));
}

/// Notifies the owner of an account that a device signed in which had not before, or has given the
/// password and waits for the second step: from then on it is known.
pub fn new_device(app: &App, person: &AuthenticatedUser, is_waiting: bool) {
    let account = person.account();
    let address = account.email.as_deref();
    let Some(address) = address.filter(|_| person.device_is_new() && app.config.new_device_notice)
    else {
        return;
    };
    let to = recipient(app, address, Some(account));
    let device = device::name(app.client_info.user_agent.as_deref());
    let message = Message::new_device(&to, device.as_deref(), is_waiting, app.now);
    send_later(app, message);
}

/// An owner of an account: the address, if there is one, and the language.
pub type Owner<'a> = (Option<&'a str>, Option<&'a str>);

/// Notifies the owner of an account of a new factor.
pub fn factor_added(app: &App, owner: Owner<'_>) {
    tell(app, owner, |to| Message::factor_added(to, app.now));
}

/// Notifies the owner of an account of a factor that is gone.
pub fn factor_removed(app: &App, owner: Owner<'_>, name: &str) {
    tell(app, owner, |to| Message::factor_removed(to, name, app.now));
}

/// Notifies the owner of an account that every factor is gone, by the code of an administrator.
pub fn factors_reset(app: &App, owner: Owner<'_>) {
    tell(app, owner, |to| Message::factors_reset(to, app.now));
}

/// Notifies the owner of an account of a recovery code that was used, and how many are left.
pub fn recovery_code_used(app: &App, owner: Owner<'_>, left: u32) {
    tell(app, owner, |to| {
        Message::recovery_code_used(to, left, app.now)
    });
}

/// Notifies the owner of an account of wrong codes: whoever sends them has the first factor.
pub fn codes_guessed(app: &App, owner: Owner<'_>) {
    tell(app, owner, |to| Message::codes_guessed(to, app.now));
}

fn tell(app: &App, (address, own): Owner<'_>, message: impl FnOnce(&Recipient<'_>) -> Message) {
    if let Some(address) = address {
        send_later(app, message(&in_language(app, address, own)));
    }
}

/// Sends a message after the response has left, where messages can be sent.
pub fn send_later(app: &App, message: Message) {
    if app.config.messages.delivery.is_some() {
        app.in_background(|app| async move { send(&app, &message).await });
    }
}
