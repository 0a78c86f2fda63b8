//! Sign-ins that wait for their second factor. The row decides how often it may be tried, and what it
//! turns into.

use super::authenticator_apps::{self, AppRow};
use super::batch::Batch;
use super::factor_proofs::{Spending, proof_was_spent, spend};
use super::factors::factor_columns;
use super::pending_step::{PendingStep, Try};
use super::query::{Query, sql};
use crate::auth::assurance::Assurance;
use crate::auth::factor::guesses::{
    BEFORE_CLOSING, BEFORE_PAUSE, FIRST_PAUSE, LONGEST_PAUSE, TRIES,
};
use crate::auth::id::{AttemptId, UserId};
use crate::auth::time::Timestamp;

/// Whether the row `o` of ?1 may be tried at ?3: a sign-in that waits, or a code with which its holder
/// enrols a first factor. Then the tries that it has, the client that must have it, where one is named,
/// and whether it is tried at our pages, whose sign-ins are of no client.
macro_rules! waits {
    ($tries:literal, $client:literal, $at_pages:literal) => {
        concat!(
            "o.key = ?1 and o.kind in ('mfa', 'code') and o.taken_by is null and o.voided_on is null \
             and o.expires_on > ?3 and o.tries < ",
            $tries,
            " and iif(",
            $at_pages,
            ", o.client_id is null and o.kind = 'mfa', exists (select 1 from auth_clients c where c.id = o.client_id and c.deleted = 0 \
               and c.secret_digest = o.client_secret_digest and (",
            $client,
            " is null or c.client_id = ",
            $client,
            ")))"
        )
    };
}

/// One more wrong code in a row for the attempt ?2 at ?3, and the pause that follows: ?4 and ?7 the
/// codes before a pause and before the end, ?5 and ?6 the shortest and the longest pause.
macro_rules! count_guess {
    ($user:expr) => {
        concat!(
            "update user_factors set code_failures = code_failures + 1, last_guess_by = ?2, \
               codes_paused_until = iif(code_failures + 1 >= ?4, \
                 ?3 + min(?6, ?5 << min(16, code_failures + 1 - ?4)), codes_paused_until) \
             where code_failures < ?7 and codes_paused_until <= ?3 and user_id = ",
            $user
        )
    };
}

const COUNT_OF_STEP: &str = count_guess!(concat!(
    "(select o.user_id from one_time o where ",
    waits!("?8", "?9", "?10"),
    ")"
));

const COUNT_OF_USER: &str = count_guess!("?1");

const RESERVE: &str = concat!(
    "update one_time as o set tries = tries + 1, last_try_by = ?2 where ",
    waits!("?4", "?5", "?7"),
    " and (?6 or exists (select 1 from user_factors f \
         where f.user_id = o.user_id and f.last_guess_by = ?2))"
);

const STATE: &str = concat!(
    "select o.user_id, o.client_id, o.session_id, o.amr, o.kind = 'mfa' as is_waiting, o.auth_time, \
       coalesce(o.last_try_by = ?2, 0) as is_reserved, \
       o.taken_by is null and o.voided_on is null and o.expires_on > ?3 as is_open, \
       coalesce(o.remembered, 0) as is_remembered, \
       u.username, u.email, m.locale, ",
    factor_columns!("o.user_id"),
    " from one_time o cross join users u on u.id = o.user_id \
     left join user_tenants m on m.user_id = u.id and m.tenant_id = u.default_tenant_id and m.deleted = 0 \
     where o.key = ?1 and o.kind in ('mfa', 'code')"
);

const TAKE: &str = concat!(
    "update one_time set taken_by = ?2, taken_on = ?3 \
     where key = ?1 and taken_by is null and voided_on is null and expires_on > ?3 and ",
    proof_was_spent!("?2")
);

// The session that it will open is the same, as is whatever the client and the provider gave.
const COMPLETE: &str = "insert into one_time (key, kind, user_id, client_id, session_id, \
       client_secret_digest, challenge, method, provider_session, payload, created_on, expires_on, \
       aal, amr, auth_time, user_agent, country, browser_id, factor_id) \
     select ?4, 'code', o.user_id, o.client_id, o.session_id, o.client_secret_digest, o.challenge, \
       o.method, o.provider_session, o.payload, ?3, \
       ?3 + 1000 * min(600, c.auth_code_expiration), ?5, ?6, ?7, o.user_agent, o.country, o.browser_id, ?8 \
     from one_time o cross join auth_clients c on c.id = o.client_id and c.deleted = 0 \
     where o.key = ?1 and o.taken_by = ?2";

/// Counts a try before anything is compared, so that guesses sent at once all count; and reads what it
/// may be compared with.
pub fn reserve(
    attempt: &Try<'_>,
    now: Timestamp,
) -> impl Batch<Output = (Option<PendingStep>, Vec<AppRow>)> {
    let (key, id, door) = (attempt.key, attempt.attempt, attempt.door);
    let (client_id, at_pages) = (door.client_id(), door.is_page());
    let count = sql!(
        COUNT_OF_STEP,
        key,
        id,
        now,
        BEFORE_PAUSE,
        FIRST_PAUSE.millis(),
        LONGEST_PAUSE.millis(),
        BEFORE_CLOSING,
        TRIES,
        client_id,
        at_pages
    );
    let reserve = sql!(
        RESERVE,
        key,
        id,
        now,
        TRIES,
        client_id,
        !attempt.is_guess,
        at_pages
    );
    let batch = (
        attempt.is_guess.then(|| count.run()),
        reserve.run(),
        look(key, id, now),
        authenticator_apps::of_sign_in(key),
    );
    batch.map(|(_, (), step, apps)| (step, apps))
}

/// Counts a guess in a session of a user; 0 where none is allowed.
pub fn count_guess(user_id: &UserId, attempt: &AttemptId, now: Timestamp) -> Query<usize> {
    let count = sql!(
        COUNT_OF_USER,
        user_id,
        attempt,
        now,
        BEFORE_PAUSE,
        FIRST_PAUSE.millis(),
        LONGEST_PAUSE.millis(),
        BEFORE_CLOSING
    );
    count.changes()
}

/// A sign-in that waits, without trying it.
pub fn look(key: &str, attempt: &AttemptId, now: Timestamp) -> Query<Option<PendingStep>> {
    sql!(STATE, key, attempt, now).first()
}

/// Takes a sign-in that waits, for the attempt that has spent its proof.
pub(super) fn take(key: &str, attempt: &AttemptId, now: Timestamp) -> Query<()> {
    sql!(TAKE, key, attempt, now).run()
}

/// Spends a proof and turns the sign-in that waited for it into a code; says whether it did.
pub fn complete(
    key: &str,
    code: &str,
    spending: &Spending<'_>,
    assurance: &Assurance,
    now: Timestamp,
) -> impl Batch<Output = bool> {
    let complete = sql!(
        COMPLETE,
        key,
        spending.attempt,
        now,
        code,
        assurance.aal.number(),
        &assurance.amr,
        assurance.auth_time,
        spending.proof.factor()
    );
    let batch = (
        Vec::from(spend(spending, now)),
        take(key, spending.attempt, now),
        complete.changes(),
    );
    batch.map(|(_, (), made)| made > 0)
}
