//! D1: one-time passwords. The row decides: whether one is good, how often it was tried, who took it.
//!
//! `username_key` holds the key of the OTP in KV, made of the name's digest: an app may post for
//! whatever was typed into its name field.

use serde::Deserialize;

use super::attempts::{Guess, aim, allowed};
use super::db::{Db, Statement, sql};
use crate::error::Error;

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
// for an attempt that the counters have allowed in the same batch, which its client's proof is part
// of, so that nobody else can use the tries up.
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
#[derive(Debug, Clone, Deserialize)]
pub struct ReservedOtp {
    /// The key of the name it was posted for.
    #[serde(rename = "username_key")]
    pub key: String,
    /// HMAC of the OTP.
    pub mac: String,
    /// The client that posted it, if one did.
    pub client_id: Option<i64>,
    usable: i64,
}

impl ReservedOtp {
    /// Whether it can be a password at all.
    pub const fn is_usable(&self) -> bool {
        self.usable == 1
    }
}

/// An OTP about to be kept.
pub struct NewOtp<'a> {
    /// The key of the name it is for.
    pub key: &'a str,
    /// HMAC of the OTP.
    pub mac: &'a str,
    /// The client that posts it, if one does.
    pub client: Option<i64>,
    /// Whether it can be a password.
    pub usable: bool,
    /// Its end.
    pub expires_on: i64,
}

/// Keeps an OTP, in place of the one before.
pub async fn put(db: &Db, otp: &NewOtp<'_>, now: i64) -> Result<(), Error> {
    let statement = sql!(
        PUT,
        otp.key,
        otp.mac,
        otp.client,
        u32::from(otp.usable),
        now,
        otp.expires_on
    );
    db.all(statement).await.map(drop)
}

/// The HMAC of the OTP that is good now; a client's only, if one asks.
pub async fn look(
    db: &Db,
    key: &str,
    client: Option<i64>,
    now: i64,
) -> Result<Option<String>, Error> {
    #[derive(Deserialize)]
    struct Row {
        mac: String,
    }
    let row: Option<Row> = db.first(sql!(LOOK, key, now, MAX_TRIES, client)).await?;
    Ok(row.map(|row| row.mac))
}

/// Forgets an OTP; a client's only, if one asks. Tells whether there was one.
pub async fn delete(db: &Db, key: &str, client: Option<i64>) -> Result<bool, Error> {
    let answers = db.all(sql!(DELETE, key, client)).await?;
    Ok(answers.changes(0)? > 0)
}

/// Counts a try and gives the OTP to compare with: a [`ReservedOtp`], where there is one and the
/// attempt, counted before it in the same batch, is allowed.
pub fn reserve(key: &str, guess: &Guess<'_>, now: i64) -> Statement {
    let keys = guess.keys;
    sql!(
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
    )
}

/// Gives a try back, for a sign-in that did not need the OTP.
pub fn give_back(otp: &ReservedOtp) -> Statement {
    sql!(GIVE_BACK, &otp.key, &otp.mac)
}

/// Takes the OTP for an attempt, if nobody has.
pub fn take(otp: &ReservedOtp, attempt: &str, now: i64) -> Statement {
    sql!(TAKE, &otp.key, &otp.mac, attempt, now)
}

/// What goes first in the batch that opens something for a person.
#[derive(Default)]
pub struct Settlement {
    /// What a success settles: attempts, devices, OTPs.
    pub statements: Vec<Statement>,
    /// The attempt that must have taken an OTP, if one must; for [`settled`].
    pub otp_attempt: Option<String>,
}

/// The condition that whatever had to be taken was taken, over [`Settlement::otp_attempt`] as a parameter.
macro_rules! settled {
    ($parameter:literal) => {
        concat!(
            "(",
            $parameter,
            " is null or exists (select 1 from otps where taken_by = ",
            $parameter,
            "))"
        )
    };
}
pub(super) use settled;
