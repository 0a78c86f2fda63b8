//! The pages of a development machine.

use askama::Template;

use super::Frame;
use crate::wire::message::Message;
use crate::wire::texts::Start;

/// The start page: what the demo has, and where to go.
#[derive(Template)]
#[template(path = "start.html", config = "src/wire/pages/askama.toml")]
pub struct StartPage {
    /// Around it.
    pub frame: Frame,
    /// Its texts.
    pub texts: &'static Start,
    /// A command that signs in.
    pub request: String,
}

/// The messages that would have been sent.
#[derive(Template)]
#[template(path = "mailbox.html", config = "src/wire/pages/askama.toml")]
pub struct MailboxPage<'a> {
    /// Around it.
    pub frame: Frame,
    /// Its texts.
    pub texts: &'static Start,
    /// The latest first.
    pub mails: &'a [Message],
}
