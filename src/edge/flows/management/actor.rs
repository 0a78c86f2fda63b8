//! Who manages, once that is proven.

use std::borrow::Cow;

use crate::auth::account::Account;
use crate::auth::assurance::Assurance;
use crate::auth::browser::LiveBrowser;
use crate::auth::id::{ClientNumber, UserId};
use crate::edge::flows::credentials::Bearer;

/// The bearer of an access token, or the user of a browser at our pages.
pub enum Actor {
    /// The bearer of a token.
    Bearer(Bearer),
    /// The user of a browser.
    Browser(Box<LiveBrowser>),
}

impl Actor {
    /// The account as it is now; nothing of a user whose token is of no session.
    pub fn account(&self) -> Option<&Account> {
        match self {
            Self::Bearer(Bearer::Session(session)) => Some(&session.account),
            Self::Bearer(Bearer::Plain(_)) => None,
            Self::Browser(browser) => Some(&browser.account),
        }
    }

    /// What the sign-in rests on, if it is of anything that lives.
    pub fn assurance(&self) -> Option<&Assurance> {
        match self {
            Self::Bearer(Bearer::Session(session)) => Some(&session.assurance),
            Self::Bearer(Bearer::Plain(_)) => None,
            Self::Browser(browser) => Some(&browser.assurance),
        }
    }

    /// The clients that somebody may sign in to whom the actor creates: the actor's own one, or all of
    /// the actor's at a page, which is no client.
    pub fn clients(&self) -> &[ClientNumber] {
        match self {
            Self::Bearer(Bearer::Session(session)) => std::slice::from_ref(&session.client.id),
            Self::Bearer(Bearer::Plain(_)) => &[],
            Self::Browser(browser) => &browser.account.client_ids,
        }
    }

    /// Whether the actor holds a permission now.
    pub fn may(&self, permission: &str) -> bool {
        self.permissions().iter().any(|held| held == permission)
    }

    /// The permissions that the actor holds now.
    pub fn permissions(&self) -> Cow<'_, [String]> {
        match self {
            Self::Bearer(bearer) => bearer.permissions(),
            Self::Browser(browser) => browser.account.permissions().into(),
        }
    }

    /// The tenant that the actor belongs to.
    pub fn tenant_id(&self) -> Option<&str> {
        match self {
            Self::Bearer(bearer) => bearer.tenant_id(),
            Self::Browser(browser) => Some(&browser.account.membership.as_ref()?.tenant_id),
        }
    }

    /// The user's id.
    pub fn user_id(&self) -> Option<UserId> {
        match self {
            Self::Bearer(bearer) => bearer.user_id(),
            Self::Browser(browser) => Some(browser.account.id.clone()),
        }
    }
}
