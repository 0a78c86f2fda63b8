//! Recovery codes, of which digests are kept.

use super::batch::Batch;
use super::factor_proofs::proof_was_spent;
use super::factors::session_is_open;
use super::query::{Query, sql};
use crate::auth::id::{AttemptId, SessionId, UserId};
use crate::auth::time::Timestamp;

/// Whether the session ?2 of the user ?1 is open at ?3, and there is a factor to stand in for.
macro_rules! may_replace {
    () => {
        concat!(
            session_is_open!("?2", "?1", "?3"),
            " and exists (select 1 from factors where user_id = ?1 and confirmed_on is not null)"
        )
    };
}

const FORGET: &str = concat!(
    "delete from recovery_codes where user_id = ?1 and ",
    may_replace!()
);

const REPLACE: &str = concat!(
    "insert into recovery_codes (user_id, digest, created_on) \
     select ?1, j.value, ?3 from json_each(?4) j where ",
    may_replace!()
);

const FIRST: &str = concat!(
    "insert into recovery_codes (user_id, digest, created_on) \
     select ?1, j.value, ?3 from json_each(?4) j where ",
    proof_was_spent!("?2"),
    " and not exists (select 1 from recovery_codes where user_id = ?1)"
);

/// Puts new codes in the place of the old; 0 where the session is over or the user has no factor.
pub fn replace(
    user_id: &UserId,
    session: &SessionId,
    digests: &str,
    now: Timestamp,
) -> impl Batch<Output = usize> {
    let batch = (
        sql!(FORGET, user_id, session, now).run(),
        sql!(REPLACE, user_id, session, now, digests).changes(),
    );
    batch.map(|((), made)| made)
}

/// Keeps the first codes of a user, whose first factor the attempt has confirmed; 0 where there were
/// any.
pub fn first(user_id: &UserId, attempt: &AttemptId, digests: &str, now: Timestamp) -> Query<usize> {
    sql!(FIRST, user_id, attempt, now, digests).changes()
}
