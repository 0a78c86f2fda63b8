//! The form in which an endpoint fails, and whether browsers of other origins may read its answers.

use super::app::App;
use super::{log, page_frame};
use crate::error::Error;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::envelope;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::oauth::failure::OAuthFailure;
use crate::wire::pages::failure::PageFailure;
use crate::wire::reply::Reply;

/// Whose form an endpoint's failures have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The ARC API's envelope. Browsers of allowed origins may call it.
    Arc,
    /// OAuth's own (RFC 6749 §5.2, RFC 6750 §3). Browsers of any origin may call it, without cookies.
    OAuth,
    /// A page. Browsers come by navigation, so no other origin reads anything.
    Page,
}

impl Dialect {
    /// Refuses a request before its endpoint has seen it.
    pub fn refuse(self, app: &App, incoming: &Incoming, error: Error) -> Reply {
        match self {
            Self::Arc => LoopbackFailure::from(error).answer(app, incoming),
            Self::OAuth => OAuthFailure::from(error).answer(app, incoming),
            Self::Page => PageFailure::from(error).answer(app, incoming),
        }
    }
}

/// A failure that can be answered with.
pub trait Failure {
    /// The answer, once the log has what the operator needs.
    fn answer(self, app: &App, incoming: &Incoming) -> Reply;
}

impl Failure for LoopbackFailure {
    fn answer(self, _app: &App, _incoming: &Incoming) -> Reply {
        arc(&self)
    }
}

impl Failure for OAuthFailure {
    fn answer(self, _app: &App, _incoming: &Incoming) -> Reply {
        if let Self::Common(error) = &self {
            log::failure(error);
        }
        self.reply()
    }
}

impl Failure for PageFailure {
    fn answer(self, app: &App, incoming: &Incoming) -> Reply {
        if let Self::Common(error) = &self {
            log::failure(error);
        }
        self.reply(&page_frame::of(app, incoming))
    }
}

/// A failure in the ARC API's envelope.
pub fn arc(failure: &LoopbackFailure) -> Reply {
    if let LoopbackFailure::Common(error) = failure {
        log::failure(error);
    }
    envelope::reply(failure)
}
