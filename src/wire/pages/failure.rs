//! What goes wrong on the way to a page, and the page that says it.

use askama::Template;

use super::ask::Way;
use super::destination::Destination;
use super::frame::Frame;
use super::security::PageClass;
use super::{Page, see_other};
use crate::auth::oauth::failure::{Failure, OAuthError};
use crate::error::{Error, ErrorKind, Reason};
use crate::wire::oauth::failure::OAuthFailure;
use crate::wire::reply::Reply;
use crate::wire::texts::Texts;

/// Why there is no page, or another one.
#[derive(Debug, Clone, PartialEq)]
pub enum PageFailure {
    /// Met by every dialect.
    Common(Error),
    /// The query names a client, or a redirect URI, that is not registered.
    UnknownClient,
    /// A request to the authorization endpoint that has no place to be answered at (RFC 6749 §4.1.2.1).
    Authorization(Failure),
    /// The form was sent from elsewhere, or in another form session.
    ForeignForm,
    /// A link that cannot be used; where a new one is asked for.
    DeadLink(String),
    /// A provider's account that opens nothing here; where another one there is chosen, and the walk.
    NoIdentity {
        /// The URL that starts again with another account.
        other_account: String,
        /// The walk that it belongs to.
        walk: Destination,
    },
    /// The signed-in account may not use the client; the walk.
    NotAdmitted(Destination),
    /// The page is for somebody else than the browser has shown: it goes elsewhere first.
    Elsewhere(String),
}

impl From<OAuthError> for PageFailure {
    fn from(error: OAuthError) -> Self {
        match error {
            OAuthError::Refused(failure) => Self::Authorization(failure),
            OAuthError::Common(error) => Self::Common(error),
        }
    }
}

impl From<OAuthFailure> for PageFailure {
    fn from(failure: OAuthFailure) -> Self {
        match failure {
            OAuthFailure::Refused { failure, .. } => Self::Authorization(failure),
            OAuthFailure::Common(error) => Self::Common(error),
        }
    }
}

impl From<Error> for PageFailure {
    fn from(error: Error) -> Self {
        Self::Common(error)
    }
}

impl From<ErrorKind> for PageFailure {
    fn from(kind: ErrorKind) -> Self {
        Self::Common(kind.into())
    }
}

/// A page that says what went wrong.
#[derive(Template)]
#[template(path = "notice.html", config = "src/wire/pages/askama.toml")]
struct FailurePage<'a> {
    frame: &'a Frame,
    title: &'a str,
    lead: &'a str,
    ways: Vec<Way>,
}

impl PageFailure {
    /// The browser proves its user first, and comes back to a path of ours.
    pub fn proof_for(path: &str) -> Self {
        Self::second_step_for(path, true)
    }

    /// The browser's user shows a factor first, or sets up the first one, and comes back to a path of ours.
    pub fn second_step_for(path: &str, has_factor: bool) -> Self {
        let page = if has_factor {
            "/account/proof"
        } else {
            "/account/factors/app"
        };
        Self::Elsewhere(Destination::to_path(path).on(page))
    }

    /// The page.
    pub fn reply(&self, frame: &Frame) -> Reply {
        if let Self::Elsewhere(location) = self {
            return see_other(location.as_str());
        }
        let (status, title, lead) = self.words(frame.texts);
        let page = FailurePage {
            frame: &frame.clone().with_problem(self.detail()).failed(),
            title,
            lead,
            ways: self.ways(frame.texts),
        };
        let reply = page
            .reply(status, PageClass::HERE)
            .unwrap_or_else(|_| Reply::empty(status));
        match self {
            Self::Common(error) => reply.with_headers_of(error),
            _ => reply,
        }
    }

    /// What helps the client's developer.
    fn detail(&self) -> Option<String> {
        match self {
            Self::Authorization(failure) => {
                Some(format!("{}: {}", failure.code.name(), failure.description))
            }
            _ => None,
        }
    }

    const fn words(&self, texts: &'static Texts) -> (u16, &'static str, &'static str) {
        let texts = &texts.failure;
        match self {
            Self::Common(error) => of_error(error, texts),
            Self::UnknownClient | Self::Authorization(_) => {
                (400, texts.client_title, texts.client_lead)
            }
            Self::ForeignForm => (403, texts.form_title, texts.form_lead),
            Self::DeadLink(_) => (410, texts.link_title, texts.link_lead),
            Self::NoIdentity { .. } => (403, texts.provider_title, texts.provider_lead),
            Self::NotAdmitted(_) => (403, texts.account_title, texts.account_lead),
            Self::Elsewhere(_) => (303, "", ""),
        }
    }

    fn ways(&self, texts: &'static Texts) -> Vec<Way> {
        let to_sign_in = |walk: &Destination, more: &[(&str, &str)]| {
            Way::new(walk.on_with("/sign-in", more), texts.sign_in.another)
        };
        match self {
            Self::DeadLink(href) => vec![Way::new(href.clone(), texts.failure.to_new_link)],
            Self::NoIdentity {
                other_account,
                walk,
            } => vec![
                Way::new(other_account.clone(), texts.failure.provider_other),
                Way::new(walk.on("/sign-in"), texts.failure.to_sign_in),
            ],
            Self::NotAdmitted(walk) => vec![to_sign_in(walk, &[("prompt", "login")])],
            _ => Vec::new(),
        }
    }
}

const fn of_error(
    error: &Error,
    texts: &crate::wire::texts::Failure,
) -> (u16, &'static str, &'static str) {
    let status = status(error);
    let (title, lead) = match status {
        403 => (texts.forbidden_title, texts.forbidden_lead),
        404 | 405 => (texts.missing_title, texts.missing_lead),
        429 => (texts.many_title, texts.many_lead),
        500.. => (texts.broken_title, texts.broken_lead),
        _ => (texts.bad_title, texts.bad_lead),
    };
    (status, title, lead)
}

const fn status(error: &Error) -> u16 {
    match error.kind() {
        ErrorKind::StepUp { .. }
        | ErrorKind::NeedsSecondFactor(_)
        | ErrorKind::Unauthenticated(_)
        | ErrorKind::NoBearer
        | ErrorKind::BearerMalformed
        | ErrorKind::NoBasic => 401,
        ErrorKind::NotAllowed | ErrorKind::Rejected(Reason::AccessDenied) => 403,
        ErrorKind::NoSuchPath | ErrorKind::NoSuchRow { .. } => 404,
        ErrorKind::NoSuchMethod(_) => 405,
        ErrorKind::Timeout => 408,
        ErrorKind::Conflict(_) | ErrorKind::Exists(_) | ErrorKind::InUse(_) => 409,
        ErrorKind::TooLarge => 413,
        ErrorKind::UnsupportedMedia { .. } | ErrorKind::UnsupportedCoding(_) => 415,
        ErrorKind::Invalid(_) => 422,
        ErrorKind::TooMany(_) => 429,
        ErrorKind::Misconfigured(_) | ErrorKind::Internal(_) => 500,
        ErrorKind::NotConfigured(_) => 501,
        ErrorKind::Unavailable(_) => 503,
        ErrorKind::Syntax(_)
        | ErrorKind::MissingParameter(_)
        | ErrorKind::IdChanged { .. }
        | ErrorKind::BadRequest(_)
        | ErrorKind::Rejected(_) => 400,
    }
}
