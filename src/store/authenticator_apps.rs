//! Authenticator apps: begin to enrol one, and find it again where it is confirmed.

use super::batch::Batch;
use super::pending_step::may_enrol_first;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use super::signed_in::{SignedIn, is_signed_in};
use crate::auth::factor::kind::MOST_FACTORS;
use crate::auth::id::{FactorId, UserId};
use crate::auth::time::Timestamp;

// One at a time: whoever begins anew has thrown the secret of the former away.
const FORGET_PENDING: &str = "delete from factors where user_id = ?1 and confirmed_on is null";

/// Keeps an app ?1 of the user ?2 until its first code, where it is enrolled in ?8 at ?9.
macro_rules! begin {
    ($where:expr) => {
        concat!(
            "insert into factors (id, user_id, kind, name, secret, algorithm, digits, period, \
               enrolled_in, created_on) \
             select ?1, ?2, 'totp', ?3, ?4, ?5, ?6, ?7, ?8, ?9 where ",
            $where,
            " and (select count(*) from factors \
                 where user_id = ?2 and confirmed_on is not null) < ?10"
        )
    };
}

const BEGIN_SIGNED_IN: &str = begin!(is_signed_in!("?8", "?2", "?9"));

const BEGIN_AT_SIGN_IN: &str = begin!(may_enrol_first!("?8", "?2", "?9"));

const PENDING: &str = "select id, secret, algorithm, digits, period, last_step, 0 as is_confirmed \
     from factors where user_id = ?1 and enrolled_in = ?2 and (?3 is null or id = ?3) \
       and confirmed_on is null and kind = 'totp'";

const OF_USER: &str = "select id, secret, algorithm, digits, period, last_step, 1 as is_confirmed \
     from factors where user_id = ?1 and kind = 'totp' and confirmed_on is not null";

// Those that are factors, and the one that is enrolled in the sign-in.
const OF_SIGN_IN: &str = "select id, secret, algorithm, digits, period, last_step, confirmed_on is not null as is_confirmed \
     from factors where kind = 'totp' and user_id = (select o.user_id from one_time o where o.key = ?1) \
       and (confirmed_on is not null or enrolled_in = ?1)";

/// An authenticator app about to be enrolled.
#[derive(Debug)]
pub struct NewApp<'a> {
    /// Its factor.
    pub id: &'a FactorId,
    /// Whose it is.
    pub user_id: &'a UserId,
    /// As its user calls it.
    pub name: &'a str,
    /// The secret, encrypted.
    pub secret: &'a str,
    /// The hash's name.
    pub algorithm: &'a str,
    /// Digits of a code.
    pub digits: u32,
    /// Seconds of a step.
    pub period: i64,
    /// Where it is enrolled.
    pub enrolled_in: EnrolledIn<'a>,
}

/// Where a factor is enrolled.
#[derive(Debug, Clone, Copy)]
pub enum EnrolledIn<'a> {
    /// A session, or a browser at our pages.
    SignedIn(SignedIn<'a>),
    /// A sign-in of a user who has no factor yet, by its key.
    SignIn(&'a str),
}

/// An authenticator app, as it is stored.
#[derive(Debug)]
pub struct AppRow {
    /// Its factor.
    pub id: FactorId,
    /// The secret, encrypted.
    pub secret: String,
    /// The hash's name.
    pub algorithm: String,
    /// Digits of a code.
    pub digits: u32,
    /// Seconds of a step.
    pub period: i64,
    /// The last step whose code was taken.
    pub last_step: Option<i64>,
    /// Whether it is a factor already.
    pub is_confirmed: bool,
}

impl FromRow for AppRow {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("id")?,
            secret: row.get("secret")?,
            algorithm: row.get("algorithm")?,
            digits: row.get("digits")?,
            period: row.get("period")?,
            last_step: row.get("last_step")?,
            is_confirmed: row.get("is_confirmed")?,
        })
    }
}

/// Keeps an app until its first code; says whether it did.
pub fn begin(new: &NewApp<'_>, now: Timestamp) -> impl Batch<Output = bool> {
    let (statement, place) = match new.enrolled_in {
        EnrolledIn::SignedIn(place) => (BEGIN_SIGNED_IN, place.as_str()),
        EnrolledIn::SignIn(key) => (BEGIN_AT_SIGN_IN, key),
    };
    let begin = sql!(
        statement,
        new.id,
        new.user_id,
        new.name,
        new.secret,
        new.algorithm,
        new.digits,
        new.period,
        place,
        now,
        MOST_FACTORS
    );
    let batch = (sql!(FORGET_PENDING, new.user_id).run(), begin.changes());
    batch.map(|((), kept)| kept > 0)
}

/// The app that is enrolled in a session or a browser; the one with this id, if one is named.
pub fn pending(
    user_id: &UserId,
    place: SignedIn<'_>,
    id: Option<&FactorId>,
) -> Query<Option<AppRow>> {
    sql!(PENDING, user_id, place.as_str(), id).first()
}

/// The apps of a user.
pub fn of_user(user_id: &UserId) -> Query<Vec<AppRow>> {
    sql!(OF_USER, user_id).all()
}

/// The apps that a code for a sign-in may be of.
pub fn of_sign_in(key: &str) -> Query<Vec<AppRow>> {
    sql!(OF_SIGN_IN, key).all()
}
