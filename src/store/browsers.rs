//! Browsers that are signed in at the pages of this service: open, use, raise, end.

use super::accounts::account_columns;
use super::batch::Batch;
use super::effects::PasswordPrecondition;
use super::effects::{SignInEffects, otp_was_consumed};
use super::factors::needs_second_step;
use super::provider_logouts::not_logged_out;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use super::trusted_devices::{note_use, trusted_device};
use crate::auth::account::Account;
use crate::auth::assurance::Assurance;
use crate::auth::browser::{LiveBrowser, NOTED_EVERY, idle_lifetime};
use crate::auth::id::{BrowserId, FactorId, UserId};
use crate::auth::sign_in_place::SignInPlace;
use crate::auth::time::Timestamp;

/// The columns of a [`LiveBrowser`], up to the condition that says which.
macro_rules! live_browsers {
    () => {
        concat!(
            "select b.id as browser_id, b.method, b.provider_session, b.provider_token, b.aal, b.amr, \
               b.auth_time, b.remembered, b.expires_on, b.factor_id, p.changed_on as password_changed_on, \
               exists (select 1 from factors f where f.user_id = b.user_id \
                 and f.confirmed_on is not null) as has_factor, ",
            account_columns!(),
            " from browsers b cross join accounts a on a.user_id = b.user_id \
             left join user_credentials p on p.user_id = b.user_id where a.live and "
        )
    };
}

/// Whether a browser `b` is open: ?1 its key, ?2 now, ?3 and ?4 how long it may be idle.
macro_rules! open_browser {
    () => {
        "b.key = ?1 and b.ended_on is null and b.expires_on > ?2 \
         and b.last_used_on > ?2 - iif(b.remembered, ?4, ?3)"
    };
}

const LIVE: &str = concat!(live_browsers!(), open_browser!());

const BY_ID: &str = concat!(
    live_browsers!(),
    "b.id = ?1 and b.ended_on is null and b.expires_on > ?2"
);

// A page that is shown often writes seldom.
const NOTE_USE: &str = concat!(
    "update browsers as b set last_used_on = ?2 where b.last_used_on < ?2 - ?5 and ",
    open_browser!()
);

// A form that is sent twice, and a sign-in on top of another, leave one browser.
const END_FORMER: &str = "update browsers set ended_on = ?3, ended_why = 'signed in anew' \
     where ended_on is null and id <> ?4 and id in ( \
         select id from browsers where form_session = ?1 and ended_on is null \
         union select id from browsers where key = ?2) \
       and exists (select 1 from browsers n where n.id = ?4)";

/// The device ?20 of the user ?4, if it is trusted at ?14.
macro_rules! trusted {
    () => {
        trusted_device!("t.key = ?20", "?4", "?14")
    };
}

const OPEN: &str = concat!(
    "insert into browsers (id, key, form_session, user_id, method, provider_session, provider_token, \
       aal, amr, auth_time, user_agent, country, remembered, created_on, last_used_on, expires_on, factor_id, \
       trusted_by) \
     select ?1, ?2, ?3, a.user_id, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14, ?15, ?19, ",
    trusted!(),
    " from accounts a where a.user_id = ?4 and a.live and not ",
    needs_second_step!("?4", "?8", "null", trusted!()),
    " and (?18 or (select changed_on from user_credentials where user_id = ?4) is ?17) and ",
    not_logged_out!("?6"),
    " and ",
    otp_was_consumed!("?16")
);

// As in the original, a user who must change the password first (status 3) has not logged in.
const LAST_LOGIN: &str = "update users set last_login = ?2 where id = (select b.user_id from browsers b \
       join users u on u.id = b.user_id \
       join user_tenants t on t.user_id = u.id and t.tenant_id = u.default_tenant_id \
         and t.deleted = 0 and t.status = 1 \
       where b.id = ?1)";

const RAISE: &str = "update browsers set key = ?2, form_session = ?3, aal = ?4, amr = ?5, auth_time = ?6, \
       last_used_on = ?7 \
     where id = ?1 and ended_on is null and expires_on > ?7";

const END: &str = "update browsers set ended_on = ?2, ended_why = ?3 \
     where key = ?1 and ended_on is null returning user_id";

/// A browser about to be opened.
pub struct NewBrowser<'a> {
    /// The row.
    pub id: &'a BrowserId,
    /// Digest of the cookie.
    pub key: &'a str,
    /// Digest of the cookie of the form that signed in.
    pub form_session: &'a str,
    /// Digest of the cookie that the browser had, if it was signed in.
    pub former: Option<&'a str>,
    /// Its user.
    pub user_id: &'a UserId,
    /// How the user was authenticated.
    pub method: &'a str,
    /// The session at the provider that it comes from.
    pub provider_session: Option<&'a str>,
    /// The provider's refresh token, encrypted for this browser.
    pub provider_token: Option<&'a str>,
    /// What it rests on.
    pub assurance: &'a Assurance,
    /// The factor with which that ends.
    pub factor: Option<&'a FactorId>,
    /// What signs in.
    pub place: &'a SignInPlace,
    /// Whether it is kept signed in.
    pub is_remembered: bool,
    /// The password that must still be the user's.
    pub password: PasswordPrecondition,
    /// Digest of the cookie of a trusted device.
    pub trusted: Option<&'a str>,
    /// The absolute end.
    pub expires_on: Timestamp,
}

/// A browser that has just ended.
#[derive(Debug)]
pub struct EndedBrowser {
    /// Its user.
    pub user_id: UserId,
}

impl FromRow for LiveBrowser {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("browser_id")?,
            account: Account::from_row(row)?,
            assurance: Assurance::from_row(row)?,
            method: row.get("method")?,
            provider_session: row.get("provider_session")?,
            provider_token: row.get("provider_token")?,
            is_remembered: row.get("remembered")?,
            expires_on: row.get("expires_on")?,
            password_changed_on: row.get("password_changed_on")?,
            factor: row.get("factor_id")?,
            has_factor: row.get("has_factor")?,
        })
    }
}

impl FromRow for EndedBrowser {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            user_id: row.get("user_id")?,
        })
    }
}

/// The browser of a cookie, if it may be used now; that it is used is noted now and then.
pub fn live(key: &str, now: Timestamp) -> impl Batch<Output = Option<LiveBrowser>> {
    let (short, long) = (idle_lifetime(false).millis(), idle_lifetime(true).millis());
    let note = sql!(NOTE_USE, key, now, short, long, NOTED_EVERY.millis());
    (note.run(), open_now(key, now)).map(|((), browser)| browser)
}

/// The browser of a cookie, if it may be used now, for whoever has noted its use already.
pub fn open_now(key: &str, now: Timestamp) -> Query<Option<LiveBrowser>> {
    let (short, long) = (idle_lifetime(false).millis(), idle_lifetime(true).millis());
    sql!(LIVE, key, now, short, long).first()
}

/// A browser that went to a provider a moment ago, if it is still open.
pub fn by_id(id: &BrowserId, now: Timestamp) -> Query<Option<LiveBrowser>> {
    sql!(BY_ID, id, now).first()
}

/// Opens a browser, if its user may still come in, the effects of the sign-in took place and the
/// password is still the same; the one that was open in its place ends.
pub fn open(
    new: &NewBrowser<'_>,
    effects: SignInEffects,
    now: Timestamp,
) -> impl Batch<Output = bool> {
    let open = sql!(
        OPEN,
        new.id,
        new.key,
        new.form_session,
        new.user_id,
        new.method,
        new.provider_session,
        new.provider_token,
        new.assurance.aal.number(),
        &new.assurance.amr,
        new.assurance.auth_time,
        new.place.user_agent.as_ref(),
        new.place.country.as_ref(),
        new.is_remembered,
        now,
        new.expires_on,
        effects.otp_attempt.as_ref(),
        new.password.set_at(),
        new.password.is_none(),
        new.factor,
        new.trusted
    );
    let batch = (
        effects.queries,
        open.changes(),
        new.trusted.map(|_| note_use(new.id, now)),
        Vec::from(settle(new.form_session, new.former, new.id, now)),
    );
    batch.map(|(_, opened, _, _)| opened > 0)
}

/// What goes with a browser that was opened: the one that was open in its place ends, and its user has
/// signed in.
pub(super) fn settle(
    form_session: &str,
    former: Option<&str>,
    id: &BrowserId,
    now: Timestamp,
) -> [Query<()>; 2] {
    [
        sql!(END_FORMER, form_session, former, now, id).run(),
        sql!(LAST_LOGIN, id, now).run(),
    ]
}

/// Raises a browser's assurance, under a new cookie; says whether it was open still.
pub fn raise(
    id: &BrowserId,
    key: &str,
    form_session: &str,
    assurance: &Assurance,
    now: Timestamp,
) -> Query<usize> {
    let (aal, amr, auth_time) = (assurance.aal.number(), &assurance.amr, assurance.auth_time);
    sql!(RAISE, id, key, form_session, aal, amr, auth_time, now).changes()
}

/// Ends the browser of a cookie; nothing if it was over already.
pub fn end(key: &str, why: &str, now: Timestamp) -> Query<Option<EndedBrowser>> {
    sql!(END, key, now, why).first()
}
