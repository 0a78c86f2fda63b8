//! Proofs of factors, each of which is spent once: by the insert of its key, on which everything that it
//! opens depends in the same batch.

use super::batch::Batch;
use super::query::{Query, sql};
use super::sessions::{LiveSession, live};
use super::signed_in::may_add_factor;
use super::value::Value;
use crate::auth::assurance::Assurance;
use crate::auth::factor::proof::FactorProof;
use crate::auth::id::{AttemptId, FactorId, SessionId, UserId};
use crate::auth::time::Timestamp;
use crate::auth::webauthn::VerifiedAssertion;

pub use super::proof_context::ProofContext;

/// Whether an attempt has spent a proof.
macro_rules! proof_was_spent {
    ($attempt:literal) => {
        concat!(
            "exists (select 1 from spent_proofs p where p.attempt = ",
            $attempt,
            ")"
        )
    };
}
pub(super) use proof_was_spent;

/// Spends ?1 of the user ?8 for the attempt ?2 at ?3, remembered until ?4, while what it is for waits for
/// it: the code or sign-in ?5, the session or browser ?6, or neither.
macro_rules! spend {
    ($condition:expr) => {
        concat!(
            "insert into spent_proofs (key, user_id, attempt, expires_on) select ?1, ?8, ?2, ?4 \
             where (?5 is null or exists (select 1 from one_time o where o.key = ?5 \
                 and o.taken_by is null and o.voided_on is null and o.expires_on > ?3)) \
               and (?6 is null or exists (select 1 from sessions s where s.id = ?6 \
                 and s.ended_on is null and s.expires_on > ?3) \
                 or exists (select 1 from browsers b where b.id = ?6 \
                 and b.ended_on is null and b.expires_on > ?3)) and ",
            $condition,
            " on conflict (key) do nothing"
        )
    };
}

// No step works after a later one.
const SPEND_TOTP: &str = spend!(concat!(
    "exists (select 1 from factors f where f.id = ?7 and f.user_id = ?8 and coalesce(f.last_step, -1) < ?9 \
       and (f.confirmed_on is not null or ",
    may_add_factor!("?6", "?8"),
    "))"
));
const SPEND_PASSKEY: &str = spend!(
    "exists (select 1 from factors f where f.id = ?7 and f.user_id = ?8 and f.confirmed_on is not null)"
);
// One that an administrator has had sent begins anew, in a sign-in. Those that were moved in may be there
// before there is a factor that they stand in for.
const SPEND_RECOVERY: &str = spend!(
    "exists (select 1 from recovery_codes r where r.user_id = ?8 \
       and r.digest in (select value from json_each(?7)) and r.used_on is null \
       and (r.re_enrols = 0 or (?5 is not null and r.expires_on > ?3))) \
     and exists (select 1 from factors f where f.user_id = ?8 and f.confirmed_on is not null)"
);
const SPEND_CHALLENGE: &str = spend!("?7 is null");

// The first code confirms an app, and is spent by that as any other.
const USE_TOTP: &str = concat!(
    "update factors set last_step = ?3, last_used_on = ?4, enrolled_in = null, \
       confirmed_on = coalesce(confirmed_on, ?4) where id = ?1 and ",
    proof_was_spent!("?2")
);
const USE_PASSKEY: &str = concat!(
    "update factors set sign_count = ?3, backed_up = ?5, last_used_on = ?4 where id = ?1 and ",
    proof_was_spent!("?2")
);
const USE_RECOVERY: &str = concat!(
    "update recovery_codes set used_on = ?4 \
     where user_id = ?3 and digest in (select value from json_each(?1)) and ",
    proof_was_spent!("?2")
);

const FORGIVE: &str = concat!(
    "update user_factors set code_failures = 0, codes_paused_until = 0 where user_id = ?1 and ",
    proof_was_spent!("?2")
);

const WON: &str = concat!("select ", proof_was_spent!("?1"), " as won");

const RAISE: &str = concat!(
    "update sessions set aal = ?3, amr = ?4, auth_time = ?5, factor_id = coalesce(?6, factor_id) \
     where id = ?1 and ended_on is null and ",
    proof_was_spent!("?2")
);

const REFRESH: &str = "update sessions set auth_time = ?2 where id = ?1 and ended_on is null \
     and expires_on > ?2 and (select changed_on from user_credentials c where c.user_id = sessions.user_id) is ?3";

/// A proof about to be spent.
#[derive(Debug, Clone, Copy)]
pub struct Spending<'a> {
    /// The proof.
    pub proof: &'a FactorProof,
    /// Whose factor it is of.
    pub user_id: &'a UserId,
    /// What it is for.
    pub context: ProofContext<'a>,
    /// Drawn for this attempt.
    pub attempt: &'a AttemptId,
}

/// Spends a proof, remembers it with its factor, and forgives the wrong codes before it.
pub fn spend(spending: &Spending<'_>, now: Timestamp) -> [Query<()>; 3] {
    let (proof, attempt) = (spending.proof, spending.attempt);
    let (spent, used) = match proof {
        FactorProof::Totp { factor, step } => (
            spend_of(spending, SPEND_TOTP, factor.as_str(), Some(*step), now),
            sql!(USE_TOTP, factor, attempt, *step, now).run(),
        ),
        FactorProof::Passkey {
            factor, assertion, ..
        } => (
            spend_of(spending, SPEND_PASSKEY, factor.as_str(), None, now),
            use_passkey(factor, attempt, assertion, now),
        ),
        FactorProof::Recovery { digests } => (
            spend_of(spending, SPEND_RECOVERY, digests, None, now),
            sql!(USE_RECOVERY, digests, attempt, spending.user_id, now).run(),
        ),
    };
    let forgiven = sql!(FORGIVE, spending.user_id, attempt).run();
    [spent, used, forgiven]
}

fn spend_of(
    spending: &Spending<'_>,
    statement: &'static str,
    what: &str,
    step: Option<i64>,
    now: Timestamp,
) -> Query<()> {
    let mut spend = sql!(
        statement,
        spending.proof.key(spending.user_id),
        spending.attempt,
        now,
        spending.proof.remembered_until(now),
        spending.context.sign_in(),
        spending.context.signed_in(),
        what,
        spending.user_id
    );
    spend.values.extend(step.map(Value::from));
    spend.run()
}

fn use_passkey(
    factor: &FactorId,
    attempt: &AttemptId,
    assertion: &VerifiedAssertion,
    now: Timestamp,
) -> Query<()> {
    let (count, backed_up) = (assertion.sign_count, assertion.backed_up);
    sql!(USE_PASSKEY, factor, attempt, count, now, backed_up).run()
}

/// Spends the code that confirms an app; whether it did. It raises nothing: to enrol is not to prove.
pub fn confirm(spending: &Spending<'_>, now: Timestamp) -> impl Batch<Output = bool> {
    let won = sql!(WON, spending.attempt).one::<(bool,)>();
    (Vec::from(spend(spending, now)), won).map(|(_, (won,))| won)
}

/// Spends the challenge of a registration of the user.
pub fn spend_challenge(
    key: &str,
    (user_id, place): (&UserId, ProofContext<'_>),
    attempt: &AttemptId,
    expires_on: Timestamp,
    now: Timestamp,
) -> Query<()> {
    let none: Option<&str> = None;
    sql!(
        SPEND_CHALLENGE,
        key,
        attempt,
        now,
        expires_on,
        place.sign_in(),
        place.signed_in(),
        none,
        user_id
    )
    .run()
}

/// Spends a proof in a session and raises what that rests on; nothing where the proof was spent before,
/// or the session is over.
pub fn raise(
    id: &SessionId,
    spending: &Spending<'_>,
    assurance: &Assurance,
    now: Timestamp,
) -> impl Batch<Output = Option<LiveSession>> {
    let raise = sql!(
        RAISE,
        id,
        spending.attempt,
        assurance.aal.number(),
        &assurance.amr,
        assurance.auth_time,
        spending.proof.factor()
    );
    let batch = (
        Vec::from(spend(spending, now)),
        raise.changes(),
        live(id, now),
    );
    batch.map(|(_, raised, session)| session.filter(|_| raised > 0))
}

/// Notes that the user of a session has just proven the password, which was set then.
pub fn refresh(
    id: &SessionId,
    password_set_at: Option<Timestamp>,
    now: Timestamp,
) -> impl Batch<Output = Option<LiveSession>> {
    let refresh = sql!(REFRESH, id, now, password_set_at);
    (refresh.changes(), live(id, now)).map(|(done, session)| session.filter(|_| done > 0))
}
