//! A change of address: asked for by a signed-in user, proven by the new address, and taken back by the
//! former one.

use super::audit::{self, Event, PageAct};
use super::notifications;
use crate::auth::account::{Account, canonical_name};
use crate::auth::address::{Mailbox, normalise};
use crate::auth::id::AttemptId;
use crate::auth::json;
use crate::auth::one_time::{self, EmailChange, EmailUndo, OneTime};
use crate::auth::secret::{Secret, random_secret};
use crate::edge::app::App;
use crate::edge::outbound::notifier;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::email_changes::{self, EmailLink, FormerEmail};
use crate::store::links::{self, NewLink};
use crate::wire::message::{Message, MessageKind, Recipient};
use crate::wire::texts::Locale;

/// Asks for another address of an account: a link goes there. Whether it belongs to another account is
/// told to nobody before the link is used.
pub fn request(app: &App, account: &Account, address: &str) -> Result<(), Error> {
    app.config.messages.delivery()?;
    let (account, address) = (account.clone(), normalise(address));
    let user_id = account.id.clone();
    app.in_background(|app| async move { send_link(&app, &account, &address).await });
    let act = PageAct::EmailRequested;
    audit::record(app, Event::AtPages { user_id, act });
    Ok(())
}

async fn send_link(app: &App, account: &Account, address: &str) -> Result<(), Error> {
    let token = random_secret()?;
    let lifetime = app.config.messages.reset_lifetime;
    let (attempt, mailbox) = (AttemptId::draw()?, Mailbox::of(address));
    let link = NewLink {
        message: notifications::counted(app, &attempt, MessageKind::ConfirmEmail, &mailbox)?,
        key: &one_time::key::<EmailChange>(&token),
        kind: EmailChange::KIND,
        user_id: Some(&account.id),
        client: None,
        recipient: &canonical_name(address),
        payload: Some(address),
        expires_on: app.now + lifetime,
    };
    if !app.db.run(links::offer(&link, app.now)).await? {
        return Ok(());
    }
    let to = notifications::recipient(app, address, Some(account));
    let href = own_link(app, "/confirm-email", &token);
    let message = Message::confirm_email(&to, href, &token, lifetime.minutes(), app.now);
    notifier::deliver(app, &message).await
}

/// The address that a link would confirm, without using it up.
pub async fn look(app: &App, token: &Secret) -> Result<String, Error> {
    let key = one_time::key::<EmailChange>(token);
    let link = app.db.run(email_changes::look(&key)).await?;
    usable(app, link, EmailChange::KIND).map(|link| link.payload)
}

/// The former address that a link would restore, without using it up.
pub async fn look_back(app: &App, token: &Secret) -> Result<String, Error> {
    let key = one_time::key::<EmailUndo>(token);
    let link = app.db.run(email_changes::look(&key)).await?;
    former(&usable(app, link, EmailUndo::KIND)?)
}

/// Makes the address of a link the account's, once, and tells the former one; answers the address.
pub async fn confirm(app: &App, token: &Secret) -> Result<String, Error> {
    let key = one_time::key::<EmailChange>(token);
    let link = app.db.run(email_changes::look(&key)).await?;
    let link = usable(app, link, EmailChange::KIND)?;
    let undo = random_secret()?;
    let undo_key = one_time::key::<EmailUndo>(&undo);
    let attempt = AttemptId::draw()?;
    let confirm = email_changes::confirm(&key, &undo_key, &attempt, app.now);
    let user_id = app
        .db
        .run(confirm)
        .await?
        .ok_or(ErrorKind::Conflict("email"))?;
    let act = PageAct::EmailChanged;
    audit::record(app, Event::AtPages { user_id, act });
    if let Some(former) = &link.present {
        let own = link.locale.as_deref().and_then(Locale::of_tag);
        let mut to: Recipient<'_> = notifications::recipient(app, former, None);
        to.locale = own.unwrap_or(to.locale);
        let href = own_link(app, "/undo-email", &undo);
        let message = Message::email_changed(&to, &link.payload, href, &undo, app.now);
        notifications::send_later(app, message);
    }
    Ok(link.payload)
}

/// Makes the former address the account's again, once, and signs everybody out; answers the address.
pub async fn undo(app: &App, token: &Secret) -> Result<String, Error> {
    let key = one_time::key::<EmailUndo>(token);
    let link = app.db.run(email_changes::look(&key)).await?;
    let address = former(&usable(app, link, EmailUndo::KIND)?)?;
    let attempt = AttemptId::draw()?;
    let undo = email_changes::undo(&key, &attempt, app.now);
    let user_id = app
        .db
        .run(undo)
        .await?
        .ok_or(ErrorKind::Conflict("email"))?;
    let act = PageAct::EmailUndone;
    audit::record(app, Event::AtPages { user_id, act });
    Ok(address)
}

fn usable(app: &App, link: Option<EmailLink>, kind: &str) -> Result<EmailLink, Error> {
    let link = link.filter(|link| link.is_good(kind, app.now));
    link.ok_or_else(|| ErrorKind::Rejected(Reason::TokenExpired).into())
}

fn former(link: &EmailLink) -> Result<String, Error> {
    let former: FormerEmail = json::read(link.payload.as_bytes())
        .map_err(|error| ErrorKind::Internal(format!("a former address: {error}")))?;
    Ok(former.email)
}

/// A link to a page of ours; the token is base64url.
fn own_link(app: &App, path: &str, token: &Secret) -> String {
    format!("{}{path}?token={}", app.config.public_url, token.expose())
}
