//! Recovery codes, of which digests are kept.

use super::batch::Batch;
use super::factor_proofs::proof_was_spent;
use super::query::{Query, sql};
use super::signed_in::{SignedIn, is_signed_in};
use crate::auth::id::{AttemptId, UserId};
use crate::auth::time::Timestamp;

/// Whether the session or browser ?2 of the user ?1 is open at ?3, and there is a factor to stand in for.
macro_rules! may_replace {
    () => {
        concat!(
            is_signed_in!("?2", "?1", "?3"),
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
    " and not exists (select 1 from recovery_codes where user_id = ?1) \
       and exists (select 1 from factors where user_id = ?1 and confirmed_on is not null)"
);

/// Puts new codes in the place of the old; 0 where the user is signed out or has no factor.
pub fn replace(
    user_id: &UserId,
    place: SignedIn<'_>,
    digests: &str,
    now: Timestamp,
) -> impl Batch<Output = usize> {
    let batch = (
        sql!(FORGET, user_id, place.as_str(), now).run(),
        sql!(REPLACE, user_id, place.as_str(), now, digests).changes(),
    );
    batch.map(|((), made)| made)
}

/// Keeps the first codes of a user, whose first factor the attempt has confirmed; 0 where there were
/// any.
pub fn first(user_id: &UserId, attempt: &AttemptId, digests: &str, now: Timestamp) -> Query<usize> {
    sql!(FIRST, user_id, attempt, now, digests).changes()
}
