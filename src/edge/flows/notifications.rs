//! Messages that go out in the background, each counted, so that no mailbox is flooded.

use crate::auth::address::Mailbox;
use crate::auth::data_key::Purpose;
use crate::auth::id::AttemptId;
use crate::edge::app::App;
use crate::edge::outbound::notifier;
use crate::error::Error;
use crate::store::messages::{self, NewMessage};
use crate::wire::message::{Message, MessageKind};

/// How a message is counted. A request for a link needs no credentials, so all limits hold for those
/// messages; a changed password is notified to the owner whatever was requested before.
pub fn counted<'a>(
    app: &App,
    attempt: &'a AttemptId,
    kind: MessageKind,
    mailbox: &'a Mailbox,
) -> Result<NewMessage<'a>, Error> {
    let needs_no_account = kind != MessageKind::PasswordChanged;
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
pub fn password_changed(app: &App, address: Option<String>) {
    let Some(address) = address else { return };
    if app.config.messages.delivery.is_none() {
        return;
    }
    app.in_background(|app| async move {
        send(&app, &Message::password_changed(&address, app.now)).await
    });
}
