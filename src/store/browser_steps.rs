//! Sign-ins at the pages of this service that wait for their second factor, and the browsers that they
//! open; and what a proof of a factor raises there.

use super::batch::Batch;
use super::browsers::{NewBrowser, settle};
use super::effects::otp_was_consumed;
use super::factor_proofs::{Spending, proof_was_spent, spend};
use super::factors::needs_second_step;
use super::new_codes::{Issued, issued};
use super::provider_logouts::not_logged_out;
use super::query::{Query, sql};
use super::second_steps::take;
use super::trusted_devices::{NewTrust, trust, trusted_device};
use crate::auth::assurance::Assurance;
use crate::auth::factor::ceremony;
use crate::auth::id::{AttemptId, BrowserId, ClientId};
use crate::auth::time::Timestamp;

// The browser that it will open is drawn already: its id stands in session_id, and the provider's
// refresh token, sealed for it, in payload. It is of no client.
const HOLD: &str = concat!(
    "insert into one_time (key, kind, user_id, session_id, method, provider_session, payload, \
       created_on, expires_on, aal, amr, auth_time, user_agent, country, remembered) \
     select ?1, 'mfa', a.user_id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14 \
     from accounts a where a.user_id = ?2 and a.live and ",
    needs_second_step!(
        "?2",
        "?9",
        "null",
        trusted_device!("t.key = ?18", "?2", "?7")
    ),
    " and (?17 or (select changed_on from user_credentials where user_id = ?2) is ?16) and ",
    not_logged_out!("?5"),
    " and ",
    otp_was_consumed!("?15")
);

const OPEN: &str = "insert into browsers (id, key, form_session, user_id, method, provider_session, \
       provider_token, aal, amr, auth_time, user_agent, country, remembered, created_on, \
       last_used_on, expires_on, factor_id) \
     select o.session_id, ?4, ?5, a.user_id, o.method, o.provider_session, o.payload, ?6, ?7, ?8, \
       o.user_agent, o.country, o.remembered, ?3, ?3, ?9, ?10 \
     from one_time o cross join accounts a on a.user_id = o.user_id \
     where o.key = ?1 and o.taken_by = ?2 and o.client_id is null and a.live";

const IS_NEEDED: &str = concat!(
    "select ",
    needs_second_step!(
        "b.user_id",
        "b.aal",
        "(select c.id from auth_clients c where c.client_id = ?2 and c.deleted = 0)",
        trusted_device!("t.id = b.trusted_by", "b.user_id", "?3")
    ),
    " from browsers b where b.key = ?1"
);

const RAISE: &str = concat!(
    "update browsers set key = ?2, form_session = ?3, aal = ?4, amr = ?5, auth_time = ?6, \
       last_used_on = ?7, factor_id = coalesce(?8, factor_id) \
     where id = ?1 and ended_on is null and expires_on > ?7 and ",
    proof_was_spent!("?9")
);

/// Whether the browser of a cookie, by the cookie's digest, needs a second step for a client that it does
/// not rest on.
pub fn is_needed(key: &str, client_id: &ClientId, now: Timestamp) -> Query<Option<(bool,)>> {
    sql!(IS_NEEDED, key, client_id, now).first()
}

/// Has a sign-in wait under a key, where it needs a second step; does nothing otherwise. In the batch
/// that would open the browser, after the effects of the sign-in.
pub fn hold(
    new: &NewBrowser<'_>,
    key: &str,
    otp_attempt: Option<&AttemptId>,
    now: Timestamp,
) -> impl Batch<Output = Option<Issued>> + use<> {
    let hold = sql!(
        HOLD,
        key,
        new.user_id,
        new.id,
        new.method,
        new.provider_session,
        new.provider_token,
        now,
        now + ceremony::LIFETIME,
        new.assurance.aal.number(),
        &new.assurance.amr,
        new.assurance.auth_time,
        new.place.user_agent.as_ref(),
        new.place.country.as_ref(),
        new.is_remembered,
        otp_attempt,
        new.password.set_at(),
        new.password.is_none(),
        new.trusted
    );
    let batch = (hold.changes(), issued(key));
    batch.map(|(held, issued)| issued.filter(|_| held > 0))
}

/// A browser that a sign-in opens which has waited.
pub struct Opening<'a> {
    /// The key that the sign-in waits under.
    pub waiting: &'a str,
    /// The browser's id, which was drawn when the sign-in began.
    pub id: &'a BrowserId,
    /// Digest of the cookie.
    pub key: &'a str,
    /// Digest of the cookie of the form that brought the proof.
    pub form_session: &'a str,
    /// Digest of the cookie that the browser had, if it was signed in.
    pub former: Option<&'a str>,
    /// What it rests on.
    pub assurance: &'a Assurance,
    /// The device, where it is to be trusted from now on.
    pub trust: Option<NewTrust<'a>>,
    /// The absolute end.
    pub expires_on: Timestamp,
}

/// Spends a proof and opens the browser of the sign-in that waited for it; says whether it did, and
/// whether the device is trusted from now on.
pub fn complete(
    opening: &Opening<'_>,
    spending: &Spending<'_>,
    now: Timestamp,
) -> impl Batch<Output = (bool, bool)> + use<> {
    let open = sql!(
        OPEN,
        opening.waiting,
        spending.attempt,
        now,
        opening.key,
        opening.form_session,
        opening.assurance.aal.number(),
        &opening.assurance.amr,
        opening.assurance.auth_time,
        opening.expires_on,
        spending.proof.factor()
    );
    let batch = (
        Vec::from(spend(spending, now)),
        take(opening.waiting, spending.attempt, now),
        open.changes(),
        Vec::from(settle(
            opening.form_session,
            opening.former,
            opening.id,
            now,
        )),
        opening.trust.map(|new| trust(&new, opening.id, now)),
    );
    batch.map(|(_, (), opened, _, trusted)| (opened > 0, trusted.is_some_and(|rows| rows > 0)))
}

/// Spends a proof, and raises a browser's assurance by it under a new cookie; says whether it did.
pub fn raise(
    id: &BrowserId,
    (key, form_session): (&str, &str),
    spending: &Spending<'_>,
    assurance: &Assurance,
    now: Timestamp,
) -> impl Batch<Output = bool> + use<> {
    let raise = sql!(
        RAISE,
        id,
        key,
        form_session,
        assurance.aal.number(),
        &assurance.amr,
        assurance.auth_time,
        now,
        spending.proof.factor(),
        spending.attempt
    );
    let batch = (Vec::from(spend(spending, now)), raise.changes());
    batch.map(|(_, raised)| raised > 0)
}
