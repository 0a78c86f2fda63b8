//! Links that an administrator has sent to people: to choose a first password, or a new one. The link goes
//! to the owner of the address, never into an answer.

use super::person;
use super::target::KIND;
use super::trail::act_of;
use crate::auth::caller::Caller;
use crate::auth::id::UserId;
use crate::edge::app::App;
use crate::edge::flows::audit::{Act, Managed};
use crate::edge::flows::password_reset;
use crate::error::Error;

/// What the link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// A first password.
    Invitation,
    /// A new password.
    Reset,
}

/// Sends a link to a person.
pub async fn send(app: &App, caller: &Caller, id: &UserId, kind: LinkKind) -> Result<(), Error> {
    let person = person::writer(app, caller, id).await?;
    app.config.messages.delivery()?;
    let managed = Managed {
        tenant: person.account.default_tenant_id.clone(),
        target: Some(id.to_string()),
        client: None,
        detail: serde_json::json!({ "link": format!("{kind:?}").to_lowercase() }),
    };
    act_of(app, &person.manager, KIND, Act::LinkSent, managed);
    in_background(app, id, kind);
    Ok(())
}

/// Invites a new person, where messages can be sent.
pub fn invite(app: &App, id: &UserId) {
    if app.config.messages.delivery.is_some() {
        in_background(app, id, LinkKind::Invitation);
    }
}

fn in_background(app: &App, id: &UserId, kind: LinkKind) {
    let id = id.clone();
    app.in_background(|app| async move {
        password_reset::send_to(&app, &id, kind == LinkKind::Invitation).await
    });
}
