//! A user's own account at our pages: profile, password, sessions, activity.

use super::batch::Batch;
use super::browsers::{self, NewBrowser};
use super::effects::SignInEffects;
use super::known_devices;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::browser::LiveBrowser;
use crate::auth::id::UserId;
use crate::auth::profile::Profile;
use crate::auth::time::Timestamp;

/// Whether the browser ?1 of the user ?2 is signed in still at ?3.
macro_rules! signed_in {
    () => {
        "exists (select 1 from browsers b where b.id = ?1 and b.user_id = ?2 \
           and b.ended_on is null and b.expires_on > ?3)"
    };
}

const PROFILE: &str = concat!(
    "update users set first_name = ?4, middle_name = ?5, last_name = ?6, phone = ?7, gender = ?8, \
       dob = ?9, modified_on = ?3, modified_by = ?2 where id = ?2 and deleted = 0 and ",
    signed_in!()
);

const LOCALE: &str = concat!(
    "update user_tenants set locale = ?4, modified_on = ?3, modified_by = ?2 \
     where user_id = ?2 and deleted = 0 and locale is not ?4 \
       and tenant_id = (select default_tenant_id from users where id = ?2) and ",
    signed_in!()
);

// Triggers end every session and browser, so a browser that is signed in still says that the password
// is the one that was checked.
const PASSWORD: &str = concat!(
    "insert into user_credentials (user_id, password, changed_on) select ?2, ?4, ?3 where ",
    signed_in!(),
    " on conflict (user_id) do update set password = excluded.password, changed_on = excluded.changed_on"
);

const ACTIVATE: &str = "update user_tenants set status = 1, modified_on = ?3 \
     where user_id = ?1 and status = 3 and deleted = 0 \
       and exists (select 1 from user_credentials where user_id = ?1 and password = ?2)";

const STORED: &str = "select password from user_credentials where user_id = ?1";

const ACTIVITY: &str = "select l.id, l.at, l.kind, l.result, l.user_agent, l.country, c.client_id, b.client_name \
     from login_activity l left join auth_clients c on c.id = l.client_id \
     left join client_branding b on b.client_id = l.client_id \
     where l.user_id = ?1 and l.at <= ?2 and (l.at < ?2 or l.id < ?3) \
     order by l.at desc, l.id desc limit ?4";

/// An event as its user's list shows it.
#[derive(Debug)]
pub struct ActivityRow {
    /// The row.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// What.
    pub kind: String,
    /// How it went.
    pub result: String,
    /// What caused it.
    pub user_agent: Option<String>,
    /// Where.
    pub country: Option<String>,
    /// What the client is called.
    pub client: Option<String>,
}

impl FromRow for ActivityRow {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        let name: Option<String> = row.get("client_name")?;
        Ok(Self {
            id: row.get("id")?,
            at: row.get("at")?,
            kind: row.get("kind")?,
            result: row.get("result")?,
            user_agent: row.get("user_agent")?,
            country: row.get("country")?,
            client: match name {
                Some(name) => Some(name),
                None => row.get("client_id")?,
            },
        })
    }
}

/// Stores what a user says of itself, if the browser is signed in still; says whether it did.
pub fn set_profile(
    browser: &LiveBrowser,
    profile: &Profile,
    now: Timestamp,
) -> impl Batch<Output = bool> {
    let (id, user_id) = (&browser.id, &browser.account.id);
    let set = sql!(
        PROFILE,
        id,
        user_id,
        now,
        profile.first_name.as_ref(),
        profile.middle_name.as_ref(),
        profile.last_name.as_ref(),
        profile.phone.as_ref(),
        profile.gender.as_ref(),
        profile.dob.as_ref()
    );
    let locale = sql!(LOCALE, id, user_id, now, profile.locale.as_ref());
    (set.changes(), locale.run()).map(|(set, ())| set > 0)
}

/// A user's stored hash, if there is one.
pub fn stored_password(user_id: &UserId) -> Query<Option<(String,)>> {
    sql!(STORED, user_id).first()
}

/// Sets a password, if the browser is signed in still, ends everything, and signs the browser in anew;
/// says whether it did. Of the user's devices only this one stays known.
pub fn set_password(
    browser: &LiveBrowser,
    hash: &str,
    device: Option<&str>,
    anew: &NewBrowser<'_>,
    now: Timestamp,
) -> impl Batch<Output = bool> {
    let user_id = &browser.account.id;
    let batch = (
        sql!(PASSWORD, &browser.id, user_id, now, hash).changes(),
        sql!(ACTIVATE, user_id, hash, now).run(),
        known_devices::keep(user_id, device, hash, now),
        browsers::open(anew, SignInEffects::default(), now),
    );
    batch.map(|(set, (), (), opened)| set > 0 && opened)
}

/// What happened at an account before an event, the latest first.
pub fn activity(
    user_id: &UserId,
    before: Timestamp,
    before_id: &str,
    limit: u32,
) -> Query<Vec<ActivityRow>> {
    sql!(ACTIVITY, user_id, before, before_id, limit).all()
}
