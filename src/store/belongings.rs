//! What one person has: open sessions, identities at providers, tenants.

use super::batch::Batch;
use super::query::{Query, sql};
use super::records;
use super::row::{FromRow, Row, Unreadable};
use super::trusted_devices::revoke_others;
use crate::auth::id::{SessionId, UserId};
use crate::auth::management::tables::TENANTS;
use crate::auth::table::row::TableRow;
use crate::auth::time::Timestamp;

const SESSIONS: &str = "select s.id, c.client_id, s.method, s.aal, s.user_agent, s.country, \
       s.created_on, s.last_used_on, s.expires_on \
     from sessions s cross join auth_clients c on c.id = s.client_id \
     where s.user_id = ?1 and s.ended_on is null and s.expires_on > ?2 \
     order by s.last_used_on desc, s.id limit 100";

const END_ALL: &str = "update sessions set ended_on = ?2, ended_why = 'ended by an administrator' \
     where user_id = ?1 and ended_on is null and expires_on > ?2";

const END_BROWSERS: &str = "update browsers set ended_on = ?2, ended_why = 'ended by an administrator' \
     where user_id = ?1 and ended_on is null and expires_on > ?2";

const END_ONE: &str = "update sessions set ended_on = ?2, ended_why = 'ended by an administrator' \
     where id = ?3 and user_id = ?1 and ended_on is null and expires_on > ?2";

const IDENTITIES: &str = "select provider, issuer, subject, created_on, last_used_on \
     from user_identities where user_id = ?1 order by provider, issuer, subject";

// Somebody without a password and without another identity could not sign in any more.
const UNLINK: &str = "delete from user_identities \
     where provider = ?2 and issuer = ?3 and subject = ?4 and user_id = ?1 \
       and (exists (select 1 from user_credentials where user_id = ?1) \
         or exists (select 1 from user_identities o where o.user_id = ?1 \
           and (o.provider, o.issuer, o.subject) <> (?2, ?3, ?4)))";

// Sessions rest on the identity by which they were opened.
const END_OF_PROVIDER: &str = "update sessions set ended_on = ?3, ended_why = 'identity removed' \
     where user_id = ?1 and ended_on is null and method = ?2 \
       and not exists (select 1 from user_identities o where o.user_id = ?1 and o.provider = ?2)";

/// An open session, as its owner and administrators see it.
pub struct OpenSession {
    /// The `sid`.
    pub id: SessionId,
    /// The public name of its client.
    pub client_id: String,
    /// How the user was authenticated.
    pub method: String,
    /// The authentication assurance level (NIST SP 800-63B).
    pub aal: i64,
    /// What signed in, as it called itself.
    pub user_agent: Option<String>,
    /// Where, ISO 3166.
    pub country: Option<String>,
    /// When it was opened.
    pub created_on: Timestamp,
    /// When it was used last.
    pub last_used_on: Timestamp,
    /// Its absolute end.
    pub expires_on: Timestamp,
}

/// An identity at a provider that opens an account.
pub struct LinkedIdentity {
    /// The provider's name.
    pub provider: String,
    /// The provider's issuer.
    pub issuer: String,
    /// Whose it is there.
    pub subject: String,
    /// Since when.
    pub created_on: Timestamp,
    /// When it was used last.
    pub last_used_on: Option<Timestamp>,
}

impl FromRow for OpenSession {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("id")?,
            client_id: row.get("client_id")?,
            method: row.get("method")?,
            aal: row.get("aal")?,
            user_agent: row.get("user_agent")?,
            country: row.get("country")?,
            created_on: row.get("created_on")?,
            last_used_on: row.get("last_used_on")?,
            expires_on: row.get("expires_on")?,
        })
    }
}

impl FromRow for LinkedIdentity {
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

/// A user's open sessions, the last used first.
pub fn sessions(user_id: &UserId, now: Timestamp) -> Query<Vec<OpenSession>> {
    sql!(SESSIONS, user_id, now).all()
}

/// Ends all sessions of a user, with the browsers at our pages from which new ones would come and the
/// trust in devices, or one session; counts the sessions.
pub fn end_sessions(
    user_id: &UserId,
    one: Option<&SessionId>,
    now: Timestamp,
) -> impl Batch<Output = usize> + use<> {
    let (sessions, others) = match one {
        None => {
            let browsers = sql!(END_BROWSERS, user_id, now).run();
            let others = (browsers, revoke_others(user_id, None));
            (sql!(END_ALL, user_id, now), Some(others))
        }
        Some(id) => (sql!(END_ONE, user_id, now, id), None),
    };
    (sessions.changes(), others).map(|(ended, _)| ended)
}

/// A user's identities at providers.
pub fn identities(user_id: &UserId) -> Query<Vec<LinkedIdentity>> {
    sql!(IDENTITIES, user_id).all()
}

/// Removes an identity and ends the sessions that rest on it, unless it is the last way in; whether it was
/// removed.
pub fn unlink(
    user_id: &UserId,
    identity: &LinkedIdentity,
    now: Timestamp,
) -> (Query<usize>, Query<()>) {
    let LinkedIdentity {
        provider,
        issuer,
        subject,
        ..
    } = identity;
    (
        sql!(UNLINK, user_id, provider, issuer, subject).changes(),
        sql!(END_OF_PROVIDER, user_id, provider, now).run(),
    )
}

/// The tenants that a user is a member of.
pub fn tenants(user_id: &UserId) -> Query<Vec<TableRow>> {
    let sql = format!(
        "{} where deleted = 0 and id in (select m.tenant_id from user_tenants m \
           where m.user_id = ?1 and m.deleted = 0) order by id",
        records::all(&TENANTS)
    );
    sql!(sql, user_id).all()
}
