//! A user who changes their own factors, after a fresh proof: in a session, or in a browser at our pages.

use crate::auth::account::Account;
use crate::auth::browser::LiveBrowser;
use crate::auth::factor::fresh_proof;
use crate::auth::factor::kind::Factors;
use crate::edge::app::App;
use crate::edge::flows::audit::{self, Event, FactorAct, Subject};
use crate::edge::flows::notifications;
use crate::error::{Error, ErrorKind, Reason};
use crate::store::factors;
use crate::store::sessions::LiveSession;
use crate::store::signed_in::SignedIn;

/// The session or the browser, or the ground that it stands on, is gone.
pub(super) const OVER: ErrorKind = ErrorKind::Unauthenticated(Reason::TokenRevoked);

/// A user who changes their own factors.
pub struct Holder<'a> {
    /// The user.
    pub account: &'a Account,
    /// What they have.
    pub factors: Factors,
    /// Where they are signed in.
    pub place: SignedIn<'a>,
    subject: Subject,
}

impl<'a> Holder<'a> {
    /// The user of a session.
    pub(super) fn of_session(session: &'a LiveSession, factors: Factors) -> Self {
        Self {
            account: &session.account,
            factors,
            place: SignedIn::Session(&session.id),
            subject: Subject {
                user_id: Some(session.account.id.clone()),
                client: Some(session.client.id),
                session_id: Some(session.id.clone()),
                ..Subject::default()
            },
        }
    }

    /// The user of a browser.
    pub async fn of_browser(app: &App, browser: &'a LiveBrowser) -> Result<Self, Error> {
        let account = &browser.account;
        let factors = app.db.run(factors::of_user(&account.id)).await?;
        fresh_proof::require(&browser.assurance, &factors, app.now)?;
        Ok(Self {
            account,
            factors,
            place: SignedIn::Browser(&browser.id),
            subject: Subject {
                user_id: Some(account.id.clone()),
                ..Subject::default()
            },
        })
    }

    pub(super) fn record(&self, app: &App, act: FactorAct) {
        let subject = self.subject.clone();
        audit::record(app, Event::Factor { subject, act });
    }

    pub(super) fn address(&self) -> notifications::Owner<'a> {
        let account = self.account;
        (account.email.as_deref(), account.locale.as_deref())
    }

    /// Records a new factor, and writes to the owner.
    pub(super) fn added(&self, app: &App) {
        self.record(app, FactorAct::Added);
        notifications::factor_added(app, self.address());
    }

    /// Refuses a twenty-first factor.
    pub(super) fn require_room(&self) -> Result<(), Error> {
        let what = "A user has at most 20 factors";
        let has_room = self.factors.has_room().then_some(());
        has_room.ok_or_else(|| ErrorKind::BadRequest(what.to_owned()).into())
    }

    /// Refuses what there must be a factor for.
    pub(super) fn require_factor(&self) -> Result<(), Error> {
        let any = self.factors.any().then_some(());
        any.ok_or_else(|| ErrorKind::Rejected(Reason::NoSecondFactor).into())
    }
}
