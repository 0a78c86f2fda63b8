//! The start page and the mailbox of a development machine. They exist only where `DEV_MAILBOX` is on,
//! and for requests that came to a name of this machine: a page may make a name of its own lead here.

use serde_json::{Value, json};

use super::visit::Visit;
use crate::auth::transport::is_loopback;
use crate::edge::app::App;
use crate::error::ErrorKind;
use crate::wire::incoming::Incoming;
use crate::wire::message::Message;
use crate::wire::pages::development::{MailboxPage, StartPage};
use crate::wire::pages::failure::PageFailure;
use crate::wire::pages::{Page, PageClass, see_other};
use crate::wire::reply::Reply;

/// `GET /`: the start page; elsewhere the way to the account pages.
#[allow(clippy::unused_async)] // every handler has one shape
pub async fn start(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    if !is_for_developers(app, incoming) {
        return Ok(see_other("/account"));
    }
    let visit = Visit::begin(app, incoming)?;
    let base_url = &incoming.base_url;
    let page = StartPage {
        frame: visit.frame(),
        texts: &visit.texts().start,
        request: format!(
            "curl {base_url}/auth/login-token -H 'content-type: application/json' -d '{}'",
            json!({
                "client_id": "demo-web",
                "client_secret": "demo-web-secret",
                "username": "demo",
                "password": "correct horse battery",
            })
        ),
    };
    let reply = page.reply(200, PageClass::HERE)?;
    Ok(visit.answer(reply))
}

/// `GET /dev/mailbox`: a page, or JSON where `Accept` asks for it.
pub async fn mailbox(app: &App, incoming: &Incoming) -> Result<Reply, PageFailure> {
    if !is_for_developers(app, incoming) {
        return Err(ErrorKind::NoSuchPath.into());
    }
    let mails = app.kv.mails().await?;
    let accept = incoming.header("accept").unwrap_or_default();
    if accept.contains("application/json") {
        return Ok(Reply::json(&mails.iter().map(outline).collect::<Vec<_>>())?);
    }
    let visit = Visit::begin(app, incoming)?;
    let page = MailboxPage {
        frame: visit.frame(),
        texts: &visit.texts().start,
        mails: &mails,
    };
    let reply = page.reply(200, PageClass::HERE)?;
    Ok(visit.answer(reply))
}

fn is_for_developers(app: &App, incoming: &Incoming) -> bool {
    app.config.messages.has_mailbox() && is_loopback(&incoming.base_url)
}

/// What a test or a tool needs of a message; its words are on the page.
fn outline(mail: &Message) -> Value {
    json!({
        "to": mail.to,
        "subject": mail.subject,
        "kind": mail.kind,
        "link": mail.link,
        "token": mail.token,
        "sentAt": mail.sent_at,
    })
}
