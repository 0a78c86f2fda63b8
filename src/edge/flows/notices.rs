//! Messages that go out in the background, each counted, so that no mailbox is flooded.

use crate::auth::account::fold;
use crate::auth::secret::random_id;
use crate::edge::app::App;
use crate::edge::outbound::notifier;
use crate::edge::store::one_time;
use crate::error::Error;
use crate::wire::message::Message;

/// Sends a message that carries no link, unless its mailbox has had its share this hour.
pub async fn send(app: &App, message: &Message) -> Result<(), Error> {
    let attempt = random_id()?;
    let (kind, recipient) = (message.kind.name(), fold(&message.to));
    if one_time::may_send(&app.db, &attempt, kind, &recipient, app.now).await? {
        notifier::deliver(app, message).await?;
    }
    Ok(())
}

/// Tells the owner of an account that its password was changed, where messages can be sent.
pub fn password_changed(app: &App, address: Option<String>) {
    let Some(address) = address else { return };
    if app.config.messages.delivery.is_none() {
        return;
    }
    app.in_background(|app| async move {
        send(&app, &Message::password_changed(&address, app.now)).await
    });
}
