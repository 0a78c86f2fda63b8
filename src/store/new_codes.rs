//! Authorization codes that are issued, and sign-ins that wait for their second factor in the place of
//! one.

use super::batch::Batch;
use super::effects::{PasswordPrecondition, SignInEffects, otp_was_consumed};
use super::factors::{factor_columns, needs_second_step};
use super::provider_logouts::not_logged_out;
use super::query::{Query, Statement, sql};
use super::row::{FromRow, Row, Unreadable};
use super::sessions::NewSession;
use super::trusted_devices::trusted_device;
use crate::auth::assurance::Assurance;
use crate::auth::factor::ceremony;
use crate::auth::factor::kind::Factors;
use crate::auth::id::{AttemptId, BrowserId, ClientNumber, FactorId, SessionId, UserId};
use crate::auth::sign_in_place::SignInPlace;
use crate::auth::time::Timestamp;

/// Whether the sign-in needs a second step. A browser for which a trusted device waives it needs none while
/// that is trusted.
macro_rules! needs {
    () => {
        needs_second_step!(
            "?2",
            "?15",
            "?3",
            trusted_device!(
                "t.id = (select b.trusted_by from browsers b where b.id = ?20)",
                "?2",
                "?8"
            )
        )
    };
}

// Where a second step is needed, what the sign-in gets is no code yet: it waits for its second factor,
// under the same key.
const INSERT: &str = concat!(
    "insert into one_time (key, kind, user_id, client_id, session_id, \
       client_secret_digest, challenge, method, provider_session, payload, created_on, expires_on, \
       aal, amr, auth_time, user_agent, country, browser_id, factor_id) \
     select ?1, iif(",
    needs!(),
    ", 'mfa', 'code'), ?2, ?3, ?4, ?5, ?6, ?7, ?13, ?14, ?8, iif(",
    needs!(),
    ", ?8 + ?22, ?9), ?15, ?16, ?17, ?18, ?19, ?20, ?21 \
     where ((select changed_on from user_credentials where user_id = ?2) is ?11 or ?12) \
       and (?20 is null or exists (select 1 from browsers where id = ?20 and ended_on is null)) \
       and (?23 or ",
    needs!(),
    ") and ",
    not_logged_out!("?13"),
    " and ",
    otp_was_consumed!("?10")
);

const ISSUED: &str = concat!(
    "select o.kind = 'mfa' as is_waiting, ",
    factor_columns!("o.user_id"),
    " from one_time o where o.key = ?1"
);

/// A code about to be issued.
pub struct NewCode<'a> {
    /// The key of its secret.
    pub key: &'a str,
    /// The user who was authenticated.
    pub user_id: &'a UserId,
    /// The client it is for.
    pub client: ClientNumber,
    /// Id of the session it will open, drawn now so that a replay can end it.
    pub session_id: &'a SessionId,
    /// Digest of the client's `secret` now.
    pub client_secret_digest: &'a str,
    /// PKCE challenge (S256).
    pub challenge: Option<&'a str>,
    /// How the user was authenticated.
    pub method: &'a str,
    /// What the session will rest on.
    pub assurance: &'a Assurance,
    /// The factor with which that ends.
    pub factor: Option<&'a FactorId>,
    /// What signs in.
    pub place: &'a SignInPlace,
    /// The browser at our pages that it is for, which must be signed in still.
    pub browser: Option<&'a BrowserId>,
    /// The session at the provider that it comes from.
    pub provider_session: Option<&'a str>,
    /// The provider's refresh token (encrypted), which the session keeps for signing out there.
    pub provider_token: Option<&'a str>,
    /// The password that must still be the user's.
    pub password: PasswordPrecondition,
    /// Its end.
    pub expires_on: Timestamp,
}

impl<'a> NewCode<'a> {
    /// What a sign-in waits in for its second factor, in the place of the session that it would open at
    /// once.
    pub const fn in_place_of(
        session: &NewSession<'a>,
        key: &'a str,
        client_secret_digest: &'a str,
    ) -> Self {
        Self {
            key,
            user_id: session.user_id,
            client: session.client,
            session_id: session.id,
            client_secret_digest,
            challenge: None,
            method: session.method,
            assurance: session.assurance,
            factor: session.factor,
            place: session.place,
            browser: None,
            provider_session: session.provider_session,
            provider_token: session.provider_token,
            password: session.password,
            expires_on: session.expires_on,
        }
    }
}

/// What a sign-in has come to.
#[derive(Debug)]
pub struct Issued {
    /// Whether it waits for its second factor, under the key of its code.
    pub is_waiting: bool,
    /// What its user may prove.
    pub factors: Factors,
}

impl FromRow for Issued {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            is_waiting: row.get("is_waiting")?,
            factors: Factors::from_row(row)?,
        })
    }
}

/// Makes a code redeemable, after the effects of its sign-in and unless the user's password has
/// changed meanwhile; or has the sign-in wait, where it needs a second step. Nothing where neither
/// was done.
pub fn insert(
    code: &NewCode<'_>,
    effects: SignInEffects,
    now: Timestamp,
) -> impl Batch<Output = Option<Issued>> {
    let insert = insertion(code, effects.otp_attempt.as_ref(), true, now);
    let batch = (effects.queries, insert.changes(), issued(code.key));
    batch.map(|(_, inserted, issued)| issued.filter(|_| inserted > 0))
}

/// Has a sign-in wait, where it needs a second step; does nothing otherwise. For what opens a session
/// at once, in the same batch and after its effects.
pub fn hold(
    code: &NewCode<'_>,
    otp_attempt: Option<&AttemptId>,
    now: Timestamp,
) -> impl Batch<Output = Option<Issued>> {
    let insert = insertion(code, otp_attempt, false, now);
    let batch = (insert.changes(), issued(code.key));
    batch.map(|(inserted, issued)| issued.filter(|_| inserted > 0))
}

/// What a sign-in has come to, under its key.
pub(super) fn issued(key: &str) -> Query<Option<Issued>> {
    sql!(ISSUED, key).first()
}

fn insertion(
    code: &NewCode<'_>,
    otp_attempt: Option<&AttemptId>,
    also_code: bool,
    now: Timestamp,
) -> Statement {
    sql!(
        INSERT,
        code.key,
        code.user_id,
        code.client,
        code.session_id,
        code.client_secret_digest,
        code.challenge,
        code.method,
        now,
        code.expires_on,
        otp_attempt,
        code.password.set_at(),
        code.password.is_none(),
        code.provider_session,
        code.provider_token,
        code.assurance.aal.number(),
        &code.assurance.amr,
        code.assurance.auth_time,
        code.place.user_agent.as_ref(),
        code.place.country.as_ref(),
        code.browser,
        code.factor,
        ceremony::LIFETIME.millis(),
        also_code
    )
}
