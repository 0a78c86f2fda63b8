//! A user's own identities at providers: list, link, unlink.

use super::batch::Batch;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::federation::identity::profile::ExternalProfile;
use crate::auth::id::{BrowserId, UserId};
use crate::auth::time::Timestamp;

const LINK_TO_BROWSER: &str = "insert into user_identities \
       (provider, issuer, subject, user_id, created_on, last_used_on, refresh_token) \
     select ?1, ?2, ?3, a.user_id, ?4, ?4, ?6 from browsers b \
     cross join accounts a on a.user_id = b.user_id \
     where b.id = ?5 and b.ended_on is null and b.expires_on > ?4 and a.live \
     on conflict do nothing";

const LINKED_TO_BROWSER: &str = "select i.user_id from user_identities i \
     where i.provider = ?1 and i.issuer = ?2 and i.subject = ?3 \
       and i.user_id = (select user_id from browsers where id = ?4 and ended_on is null)";

/// Whether an identity is gone: ?1 provider, ?2 issuer, ?3 subject.
macro_rules! gone {
    () => {
        "not exists (select 1 from user_identities \
           where provider = ?1 and issuer = ?2 and subject = ?3)"
    };
}

const OF_USER: &str = "select provider, issuer, subject, created_on, last_used_on \
     from user_identities where user_id = ?1 order by created_on limit 100";

// The last way in stays: there must be a password, or another identity.
const UNLINK: &str = "delete from user_identities \
     where provider = ?1 and issuer = ?2 and subject = ?3 and user_id = ?4 \
       and (exists (select 1 from user_credentials where user_id = ?4) \
         or (select count(*) from user_identities where user_id = ?4) > 1)";

// What came by the identity goes with it, but for the browser in which that is asked and what began there.
const END_BROWSERS: &str = concat!(
    "update browsers set ended_on = ?5, ended_why = 'identity unlinked' \
     where user_id = ?4 and method = ?1 and id <> ?6 and ended_on is null and ",
    gone!()
);

const END_SESSIONS: &str = concat!(
    "update sessions set ended_on = ?5, ended_why = 'identity unlinked' \
     where user_id = ?4 and method = ?1 and browser_id is not ?6 and ended_on is null and ",
    gone!()
);

/// An identity as its user's list shows it.
#[derive(Debug)]
pub struct IdentityRow {
    /// The provider's name.
    pub provider: String,
    /// Who vouches for the subject.
    pub issuer: String,
    /// The person there.
    pub subject: String,
    /// When it was linked.
    pub created_on: Timestamp,
    /// When it was last signed in with.
    pub last_used_on: Option<Timestamp>,
}

impl FromRow for IdentityRow {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            provider: row.get("provider")?,
            issuer: row.get("issuer")?,
            subject: row.get("subject")?,
            created_on: row.get("created_on")?,
            last_used_on: row.get("last_used_on")?,
        })
    }
}

/// Attaches the identity to the user of a signed-in browser; answers the user, or nothing where the
/// identity is somebody else's or the browser is signed out.
pub fn link_to_browser(
    profile: &ExternalProfile,
    browser: &BrowserId,
    now: Timestamp,
) -> impl Batch<Output = Option<UserId>> {
    let (provider, issuer, subject) = (profile.provider.name(), &profile.issuer, &profile.subject);
    let link = sql!(
        LINK_TO_BROWSER,
        provider,
        issuer,
        subject,
        now,
        browser,
        profile.revocable.as_ref()
    );
    let linked = sql!(LINKED_TO_BROWSER, provider, issuer, subject, browser);
    (link.run(), linked.first()).map(|((), linked)| linked.map(|(user_id,)| user_id))
}

/// A user's identities, the oldest first.
pub fn of_user(user_id: &UserId) -> Query<Vec<IdentityRow>> {
    sql!(OF_USER, user_id).all()
}

/// Takes an identity from its user, unless it is the last way in, and ends what came by it but for the
/// browser that asks; says whether it did.
pub fn unlink(
    identity: &IdentityRow,
    user_id: &UserId,
    asking: &BrowserId,
    now: Timestamp,
) -> impl Batch<Output = bool> {
    let (provider, issuer, subject) = (&identity.provider, &identity.issuer, &identity.subject);
    let end = |sql: &'static str| sql!(sql, provider, issuer, subject, user_id, now, asking).run();
    let batch = (
        sql!(UNLINK, provider, issuer, subject, user_id).changes(),
        end(END_BROWSERS),
        end(END_SESSIONS),
    );
    batch.map(|(gone, (), ())| gone > 0)
}
