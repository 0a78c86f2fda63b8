//! The browser that is signed in at the pages of this service: it opens sessions for clients without
//! another proof (single sign-on).

use super::account::Account;
use super::assurance::Assurance;
use super::factor::fresh_proof;
use super::id::{BrowserId, FactorId};
use super::time::{Seconds, Timestamp};

/// How long a browser may be idle.
const IDLE: Seconds = Seconds::DAY;
/// And one that its user asked to keep signed in.
const IDLE_REMEMBERED: Seconds = Seconds::DAY.times(30);
/// Between two notes of its use: a page that is shown writes nothing otherwise.
pub const NOTED_EVERY: Seconds = Seconds::MINUTE.times(5);

/// A browser in use: its user as they are now.
#[derive(Debug)]
pub struct LiveBrowser {
    /// The row.
    pub id: BrowserId,
    /// Its user.
    pub account: Account,
    /// What it rests on.
    pub assurance: Assurance,
    /// How the user was authenticated, as in sessions.
    pub method: String,
    /// The session at the provider that it comes from.
    pub provider_session: Option<String>,
    /// The provider's refresh token, encrypted for this browser.
    pub provider_token: Option<String>,
    /// Whether its user asked to keep it signed in.
    pub is_remembered: bool,
    /// Its absolute end.
    pub expires_on: Timestamp,
    /// When the user's password was set.
    pub password_changed_on: Option<Timestamp>,
    /// The factor with which it ends.
    pub factor: Option<FactorId>,
    /// Whether its user has a factor, beside which a password alone proves too little.
    pub has_factor: bool,
}

impl LiveBrowser {
    /// Whether it rests on a fresh proof of the strongest factor that its user has.
    pub fn is_proven(&self, now: Timestamp) -> bool {
        self.assurance.aal >= fresh_proof::level(self.has_factor) && self.assurance.is_fresh(now)
    }
}

/// How long a browser may be idle.
pub const fn idle_lifetime(is_remembered: bool) -> Seconds {
    if is_remembered { IDLE_REMEMBERED } else { IDLE }
}
