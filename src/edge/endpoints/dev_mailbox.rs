//! The mailbox of a development machine: messages that would have been sent, so that a developer
//! can follow their links. It does not exist unless `DEV_MAILBOX` is on, nor for a request that came
//! to another name than this machine's own: a page may make a name of its own lead here.

use serde_json::{Value, json};

use crate::auth::transport::is_loopback;
use crate::edge::app::App;
use crate::error::Error;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::message::{Message, escape};
use crate::wire::reply::Reply;

/// `GET /dev/mailbox`: a page, or JSON where `Accept` asks for it.
pub async fn dev_mailbox(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    if !app.config.messages.has_mailbox() || !is_loopback(&incoming.base_url) {
        return Err(Error::NoSuchPath.into());
    }
    let mails = app.kv.mails().await?;
    let accept = incoming.header("accept").unwrap_or_default();
    if accept.contains("application/json") {
        return Ok(Reply::json(&mails.iter().map(outline).collect::<Vec<_>>())?);
    }
    let page = page(&mails).into_bytes();
    let mut reply = Reply::empty(200)
        .with("content-type", "text/html; charset=utf-8")
        .with(
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'",
        );
    reply.body = Some(page);
    Ok(reply)
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

fn page(mails: &[Message]) -> String {
    let mails: String = if mails.is_empty() {
        "<p>No messages yet.</p>".to_owned()
    } else {
        mails.iter().map(article).collect()
    };
    format!(
        "<!doctype html><html lang=\"en\"><head><title>Development mailbox</title><style>\
         body{{font:1rem system-ui;max-width:40rem;margin:2rem auto;padding:0 1rem}}\
         article{{border-top:1px solid #ccc;padding:1rem 0}}</style></head>\
         <body><h1>Development mailbox</h1>{mails}</body></html>"
    )
}

fn article(mail: &Message) -> String {
    let paragraphs: String = mail
        .paragraphs
        .iter()
        .map(|text| format!("<p>{}</p>", escape(text)))
        .collect();
    let link = mail.link.as_deref().map_or_else(String::new, |link| {
        format!("<p><a href=\"{0}\">{0}</a></p>", escape(link))
    });
    format!(
        "<article><h2>{}</h2><p>To {}, {}</p>{paragraphs}{link}</article>",
        escape(&mail.subject),
        escape(&mail.to),
        escape(&mail.sent_at)
    )
}
