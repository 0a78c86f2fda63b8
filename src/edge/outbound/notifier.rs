//! Hands messages over: to a signed webhook, to Cloudflare's e-mail binding, or to the mailbox
//! of a development machine. Called in the background only.

use std::time::Duration;

use worker::{Delay, Env, Method, SendEmail, SendEmailBuilder};

use super::http::{OutboundRequest, send};
use crate::auth::address::is_address;
use crate::auth::secret::random_id;
use crate::config::Delivery;
use crate::edge::app::App;
use crate::edge::clock::now;
use crate::error::{Error, ErrorKind};
use crate::wire::message::Message;
use crate::wire::webhook::{Webhook, WebhookKey};

/// How long one try of the webhook may take; with the pauses, all tries fit an event's 30 s.
const TIMEOUT: Duration = Duration::from_secs(6);
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// Sends a message the configured way; what fails is the log's business.
pub async fn deliver(app: &App, message: &Message) -> Result<(), Error> {
    if !is_address(&message.to) {
        return Err(ErrorKind::Internal("an address that cannot be written to".to_owned()).into());
    }
    match app.config.messages.delivery()? {
        Delivery::Webhook { url, key } => post(url, key, message).await,
        Delivery::Email { from } => email(&app.env, from, message).await,
        Delivery::Mailbox => app.kv.keep_mail(message, app.now).await,
    }
}

/// Posts until it is taken, or the tries are used up. The tries share their id, which the receiver
/// knows them by; each is signed for its own time.
async fn post(url: &str, key: &WebhookKey, message: &Message) -> Result<(), Error> {
    let id = random_id()?;
    let mut pauses = PAUSES.into_iter();
    loop {
        let webhook = Webhook::new(message, &id, now(), key)?;
        let Some(problem) = post_once(url, &webhook, TIMEOUT).await else {
            return Ok(());
        };
        match pauses.next() {
            Some(pause) => Delay::from(pause).await,
            None => return Err(ErrorKind::Unavailable(problem).into()),
        }
    }
}

/// What went wrong with one try, if anything did. Nothing of the answer's body is read.
pub async fn post_once(url: &str, webhook: &Webhook, timeout: Duration) -> Option<String> {
    let headers: Vec<(&str, &str)> = webhook
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let request = OutboundRequest {
        method: Method::Post,
        url,
        headers: &headers,
        body: Some(&webhook.body),
    };
    match send(&request, timeout).await {
        Ok(answer) if (200..300).contains(&answer.status_code()) => None,
        Ok(answer) => Some(format!("webhook answered {}", answer.status_code())),
        Err(error) => Some(error.to_string()),
    }
}

/// Cloudflare writes the multipart message; we give it parts that cannot hold a header.
async fn email(env: &Env, from: &str, message: &Message) -> Result<(), Error> {
    let binding: SendEmail = env
        .send_email("EMAIL")
        .map_err(|_| ErrorKind::NotConfigured("EMAIL (the send_email binding)"))?;
    let mail = SendEmailBuilder::new(from, &message.to, &message.subject);
    mail.set_text(&message.text());
    mail.set_html(&message.html());
    let sent = binding.send_with_builder(&mail).await;
    sent.map(drop).map_err(|error| {
        let text = error.message();
        ErrorKind::Unavailable(format!("e-mail: {text}")).into()
    })
}
