//! A sign-in that waits for its second factor, as a try finds it.

use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::factor::kind::Factors;
use crate::auth::id::{AttemptId, ClientId, ClientNumber, UserId};
use crate::auth::time::Timestamp;

// A code that is none yet waits; an ordinary one only where its user enrols a first app with it.
const LATEST: &str = "select o.key from one_time o where o.user_id = coalesce( \
       (select u.id from users u where u.username_key = ?1 and u.deleted = 0), \
       (select u.id from users u where u.email_key = ?1 and u.deleted = 0)) \
     and o.kind in ('mfa', 'code') and o.method = 'password' \
     and o.client_id = (select c.id from auth_clients c where c.client_id = ?2 and c.deleted = 0) \
     and o.taken_by is null and o.voided_on is null and o.expires_on > ?3 \
     and (o.kind = 'mfa' or exists (select 1 from factors f \
       where f.user_id = o.user_id and f.enrolled_in = o.key and f.confirmed_on is null)) \
     and not exists (select 1 from administrators d where d.user_id = o.user_id) \
     order by o.created_on desc, o.key limit 1";

/// Whether a user may enrol a first factor in a sign-in at the time: it is open, and there is none yet.
macro_rules! may_enrol_first {
    ($key:literal, $user:literal, $now:literal) => {
        concat!(
            "(exists (select 1 from one_time o where o.key = ",
            $key,
            " and o.user_id = ",
            $user,
            " and o.taken_by is null and o.voided_on is null and o.expires_on > ",
            $now,
            ") and not exists (select 1 from factors where user_id = ",
            $user,
            " and confirmed_on is not null))"
        )
    };
}
pub(super) use may_enrol_first;

/// Where a sign-in goes on.
#[derive(Debug, Clone, Copy)]
pub enum Door<'a> {
    /// At an API, by the client that must have it, if one names itself.
    Client(Option<&'a ClientId>),
    /// At our pages.
    Page,
}

impl<'a> Door<'a> {
    pub(super) const fn client_id(self) -> Option<&'a ClientId> {
        match self {
            Self::Client(id) => id,
            Self::Page => None,
        }
    }

    pub(super) const fn is_page(self) -> bool {
        matches!(self, Self::Page)
    }
}

/// A try of a sign-in's second factor.
#[derive(Debug, Clone, Copy)]
pub struct Try<'a> {
    /// The key of the sign-in that waits.
    pub key: &'a str,
    /// Drawn for this attempt.
    pub attempt: &'a AttemptId,
    /// Where it is tried.
    pub door: Door<'a>,
    /// Whether it is a code that can be guessed, which is counted for the account too.
    pub is_guess: bool,
}

/// A sign-in that waits for its second factor, as a try found it.
#[derive(Debug)]
pub struct PendingStep {
    /// Its user.
    pub user_id: UserId,
    /// The client.
    pub client: Option<ClientNumber>,
    /// The session or the browser that it will open.
    pub session_id: Option<String>,
    /// Whether that browser is to be kept signed in.
    pub is_remembered: bool,
    /// What it rests on so far.
    pub amr: String,
    /// When the first factor was proven.
    pub auth_time: Timestamp,
    /// Whether it waits; a code does not, and only enrols.
    pub is_waiting: bool,
    /// Whether it may still be tried at all.
    pub is_open: bool,
    /// Whether this try is counted, and so may be verified.
    pub is_reserved: bool,
    /// What its user may prove.
    pub factors: Factors,
    /// As its user spells it.
    pub username: String,
    /// Where messages go, if anywhere.
    pub email: Option<String>,
    /// The language of its user, if it is known.
    pub locale: Option<String>,
}

impl FromRow for PendingStep {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            user_id: row.get("user_id")?,
            client: row.get("client_id")?,
            session_id: row.get("session_id")?,
            is_remembered: row.get("is_remembered")?,
            amr: row.get("amr")?,
            auth_time: row.get("auth_time")?,
            is_waiting: row.get("is_waiting")?,
            is_open: row.get("is_open")?,
            is_reserved: row.get("is_reserved")?,
            factors: Factors::from_row(row)?,
            username: row.get("username")?,
            email: row.get("email")?,
            locale: row.get("locale")?,
        })
    }
}

/// The key of the latest sign-in with a password of a name at a client that waits; nothing for whoever
/// administers.
pub fn latest(name: &str, client_id: &ClientId, now: Timestamp) -> Query<Option<(String,)>> {
    sql!(LATEST, name, client_id, now).first()
}

impl PendingStep {
    /// Where messages to its user go, and in which language.
    pub fn address(&self) -> (Option<&str>, Option<&str>) {
        (self.email.as_deref(), self.locale.as_deref())
    }
}
