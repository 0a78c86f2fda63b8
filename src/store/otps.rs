//! One-time passwords. The row decides whether one is valid, how often it was tried, and its
//! consumption.
//!
//! `username_key` holds the key of the OTP in KV, made of the name's digest: an app may post for
//! any text that was typed into its name field.

use super::attempts::{LoginAttempt, aim, allowed};
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::id::{AttemptId, ClientNumber};
use crate::auth::time::Timestamp;

/// Wrong tries that an OTP survives, and one.
const MAX_TRIES: u32 = 5;

const PUT: &str = "insert or replace into otps \
       (username_key, mac, client_id, usable, created_on, expires_on) \
     values (?1, ?2, ?3, ?4, ?5, ?6)";

const LOOK: &str = "select mac from otps \
     where username_key = ?1 and taken_by is null and expires_on > ?2 and tries < ?3 \
       and (?4 is null or client_id = ?4)";

const DELETE: &str = "delete from otps where username_key = ?1 and (?2 is null or client_id = ?2)";

// A try is counted before anything is compared, so that guesses sent at once all count; but only
// for an attempt that the counters have allowed in the same batch, which includes its client's
// proof, so that no other caller can use the tries up.
const RESERVE: &str = concat!(
    "update otps set tries = tries + 1 \
     where username_key = ?8 and taken_by is null and expires_on > ?9 and tries < ?10 and ",
    allowed!(),
    " returning username_key, mac, client_id, usable"
);

const GIVE_BACK: &str =
    "update otps set tries = tries - 1 where username_key = ?1 and mac = ?2 and tries > 0";

const TAKE: &str = "update otps set taken_by = ?3, taken_on = ?4 \
     where username_key = ?1 and mac = ?2 and taken_by is null and expires_on > ?4";

/// An OTP that one sign-in may be compared with.
#[derive(Debug, Clone)]
pub struct ReservedOtp {
    /// The key of the name it was posted for.
    pub key: String,
    /// HMAC of the OTP.
    pub mac: String,
    /// The client that posted it, if one did.
    pub client_id: Option<ClientNumber>,
    /// Whether it can be a password at all.
    pub is_usable: bool,
}

impl FromRow for ReservedOtp {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            key: row.get("username_key")?,
            mac: row.get("mac")?,
            client_id: row.get("client_id")?,
            is_usable: row.get("usable")?,
        })
    }
}

/// An OTP about to be kept.
pub struct NewOtp<'a> {
    /// The key of the name it is for.
    pub key: &'a str,
    /// HMAC of the OTP.
    pub mac: &'a str,
    /// The client that posts it, if one does.
    pub client: Option<ClientNumber>,
    /// Whether it can be a password.
    pub usable: bool,
    /// Its end.
    pub expires_on: Timestamp,
}

/// Keeps an OTP, in place of the one before.
pub fn put(otp: &NewOtp<'_>, now: Timestamp) -> Query<()> {
    let statement = sql!(
        PUT,
        otp.key,
        otp.mac,
        otp.client,
        otp.usable,
        now,
        otp.expires_on
    );
    statement.run()
}

/// The HMAC of the OTP that is good now; a client's only, if one asks.
pub fn look(key: &str, client: Option<ClientNumber>, now: Timestamp) -> Query<Option<(String,)>> {
    sql!(LOOK, key, now, MAX_TRIES, client).first()
}

/// Forgets an OTP; a client's only, if one asks. 0 where there was none.
pub fn delete(key: &str, client: Option<ClientNumber>) -> Query<usize> {
    sql!(DELETE, key, client).changes()
}

/// Counts a try and gives the OTP to compare with, where there is one and the attempt, counted before
/// it in the same batch, is allowed.
pub fn reserve(key: &str, guess: &LoginAttempt<'_>, now: Timestamp) -> Query<Option<ReservedOtp>> {
    let keys = guess.keys;
    let statement = sql!(
        RESERVE,
        guess.name,
        &keys.name,
        &keys.network,
        keys.device.as_ref(),
        keys.on_device.as_ref(),
        keys.session.as_ref(),
        guess.attempt,
        key,
        now,
        MAX_TRIES
    );
    statement.first()
}

/// Gives a try back, for a sign-in that did not need the OTP.
pub fn give_back(otp: &ReservedOtp) -> Query<()> {
    sql!(GIVE_BACK, &otp.key, &otp.mac).run()
}

/// Consumes the OTP for an attempt, unless it is consumed already.
pub fn take(otp: &ReservedOtp, attempt: &AttemptId, now: Timestamp) -> Query<()> {
    sql!(TAKE, &otp.key, &otp.mac, attempt, now).run()
}
