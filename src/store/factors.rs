//! The factors of a user: which there are, their list, their names and their removal.

use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use super::signed_in::{SignedIn, is_signed_in};
use crate::auth::factor::guesses::CodeGuesses;
use crate::auth::factor::kind::Factors;
use crate::auth::id::{FactorId, SessionId, UserId};
use crate::auth::time::Timestamp;

/// The columns of [`Factors`] of a user: two look-ups by the user's id, and two of recovery codes.
macro_rules! factor_columns {
    ($user:literal) => {
        concat!(
            "(select count(*) from factors where user_id = ",
            $user,
            " and kind = 'totp' and confirmed_on is not null) as totp, \
             (select count(*) from factors where user_id = ",
            $user,
            " and kind = 'passkey' and confirmed_on is not null) as passkeys, \
             (select count(*) from recovery_codes where user_id = ",
            $user,
            " and used_on is null and re_enrols = 0) as recovery_codes, \
             exists (select 1 from recovery_codes where user_id = ",
            $user,
            " and used_on is null and re_enrols = 1) as re_enrols, \
             coalesce((select second_step from user_factors where user_id = ",
            $user,
            "), 0) as second_step, \
             coalesce((select code_failures from user_factors where user_id = ",
            $user,
            "), 0) as code_failures, \
             coalesce((select codes_paused_until from user_factors where user_id = ",
            $user,
            "), 0) as codes_paused_until"
        )
    };
}
pub(super) use factor_columns;

/// Whether a sign-in of a user at level one needs a second step: the client, if there is one, demands it,
/// or the user has it on or the role demands it and no trusted device waives it. Each statement that opens
/// something for a user asks this, so no door can forget to.
macro_rules! needs_second_step {
    ($user:literal, $aal:literal, $client:literal, $trusted:expr) => {
        concat!(
            "(",
            $aal,
            " < 2 and (exists (select 1 from mfa_clients q where q.client_id = ",
            $client,
            ") or ",
            $trusted,
            " is null and (exists (select 1 from user_factors f where f.user_id = ",
            $user,
            " and f.second_step = 1) or exists (select 1 from users u \
               cross join user_tenants m on m.user_id = u.id and m.tenant_id = u.default_tenant_id \
                 and m.deleted = 0 \
               cross join roles r on r.id = m.role_id \
               where u.id = ",
            $user,
            " and r.require_mfa = 1))))"
        )
    };
}
pub(super) use needs_second_step;

const OF_SESSION: &str = concat!(
    "select ",
    factor_columns!("s.user_id"),
    " from sessions s where s.id = ?1"
);

const OF_USER: &str = concat!("select ", factor_columns!("?1"));

/// The confirmed factors of a user, the oldest first.
macro_rules! list {
    ($user:literal) => {
        concat!(
            "select id, kind, name, backed_up, aaguid, created_on, last_used_on from factors \
             where user_id = ",
            $user,
            " and confirmed_on is not null order by created_on, id"
        )
    };
}

const LIST_IN_SESSION: &str = list!("(select user_id from sessions where id = ?1)");

const LIST_OF_USER: &str = list!("?1");

const RENAME: &str = concat!(
    "update factors set name = ?4 where id = ?1 and user_id = ?2 and confirmed_on is not null and ",
    is_signed_in!("?3", "?2", "?5")
);

// What rests on it ends by the trigger on factors.
const REMOVE: &str = concat!(
    "delete from factors where id = ?1 and user_id = ?2 and confirmed_on is not null and ",
    is_signed_in!("?3", "?2", "?4"),
    " returning name"
);

const SET_SECOND_STEP: &str = concat!(
    "update user_factors set second_step = ?3 where user_id = ?1 and ",
    is_signed_in!("?2", "?1", "?4"),
    " and (?3 = 0 or exists (select 1 from factors \
       where user_id = ?1 and confirmed_on is not null))"
);

/// A factor as its user's list shows it.
#[derive(Debug)]
pub struct FactorRow {
    /// Its id.
    pub id: FactorId,
    /// `totp` or `passkey`.
    pub kind: String,
    /// As its user calls it.
    pub name: String,
    /// Whether a passkey is on several devices.
    pub backed_up: Option<bool>,
    /// The model of a passkey's authenticator, in base64url.
    pub aaguid: Option<String>,
    /// When it was enrolled.
    pub created_on: Timestamp,
    /// When it last proved its user.
    pub last_used_on: Option<Timestamp>,
}

/// A factor that has just been removed.
#[derive(Debug)]
pub struct RemovedFactor {
    /// As its user called it.
    pub name: String,
}

impl FromRow for Factors {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            totp: row.get("totp")?,
            passkeys: row.get("passkeys")?,
            recovery_codes: row.get("recovery_codes")?,
            re_enrols: row.get("re_enrols")?,
            second_step: row.get("second_step")?,
            guesses: CodeGuesses {
                failures: row.get("code_failures")?,
                paused_until: row.get("codes_paused_until")?,
            },
        })
    }
}

impl FromRow for FactorRow {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("id")?,
            kind: row.get("kind")?,
            name: row.get("name")?,
            backed_up: row.get("backed_up")?,
            aaguid: row.get("aaguid")?,
            created_on: row.get("created_on")?,
            last_used_on: row.get("last_used_on")?,
        })
    }
}

impl FromRow for RemovedFactor {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            name: row.get("name")?,
        })
    }
}

/// Which factors the user of a session has.
pub fn of_session(id: &SessionId) -> Query<Option<Factors>> {
    sql!(OF_SESSION, id).first()
}

/// Which factors a user has.
pub fn of_user(id: &UserId) -> Query<Factors> {
    sql!(OF_USER, id).one()
}

/// The factors of a session's user, the oldest first.
pub fn list(id: &SessionId) -> Query<Vec<FactorRow>> {
    sql!(LIST_IN_SESSION, id).all()
}

/// The factors of a user, the oldest first.
pub fn list_of_user(id: &UserId) -> Query<Vec<FactorRow>> {
    sql!(LIST_OF_USER, id).all()
}

/// Names a factor of the user; 0 where there is none.
pub fn rename(
    id: &FactorId,
    user_id: &UserId,
    place: SignedIn<'_>,
    name: &str,
    now: Timestamp,
) -> Query<usize> {
    sql!(RENAME, id, user_id, place.as_str(), name, now).changes()
}

/// Removes a factor of the user, and ends what rests on it.
pub fn remove(
    id: &FactorId,
    user_id: &UserId,
    place: SignedIn<'_>,
    now: Timestamp,
) -> Query<Option<RemovedFactor>> {
    sql!(REMOVE, id, user_id, place.as_str(), now).first()
}

/// Turns the second step on, where there is a factor to ask for, or off; 0 where neither was done.
pub fn set_second_step(
    user_id: &UserId,
    place: SignedIn<'_>,
    on: bool,
    now: Timestamp,
) -> Query<usize> {
    sql!(SET_SECOND_STEP, user_id, place.as_str(), on, now).changes()
}
