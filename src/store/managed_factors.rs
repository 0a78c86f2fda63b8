//! The factors of a user, for administrators: to see and remove them, and to let their owner begin anew.

use super::batch::Batch;
use super::factors::{self, FactorRow, RemovedFactor};
use super::query::{Query, sql};
use crate::auth::factor::kind::Factors;
use crate::auth::factor::recovery::RE_ENROLMENT_LIFETIME;
use crate::auth::id::{FactorId, UserId};
use crate::auth::time::Timestamp;

const REMOVE: &str = "delete from factors where id = ?1 and user_id = ?2 and confirmed_on is not null \
     returning name";

// Codes that were closed are open again.
const OPEN_CODES: &str =
    "update user_factors set code_failures = 0, codes_paused_until = 0 where user_id = ?1";

// A newer one voids the older.
const FORGET: &str = "delete from recovery_codes where user_id = ?1 and re_enrols = 1";

const RE_ENROL: &str = "insert into recovery_codes (user_id, digest, created_on, re_enrols, expires_on) \
     select ?1, ?2, ?3, 1, ?4 \
     where exists (select 1 from factors where user_id = ?1 and confirmed_on is not null)";

/// The factors of a user, the oldest first, and what there is besides.
pub fn list(user_id: &UserId) -> impl Batch<Output = (Vec<FactorRow>, Factors)> + use<> {
    (factors::list_of_user(user_id), factors::of_user(user_id))
}

/// Removes a factor of a user, and ends what rests on it.
pub fn remove(
    id: &FactorId,
    user_id: &UserId,
) -> impl Batch<Output = Option<RemovedFactor>> + use<> {
    let batch = (
        sql!(REMOVE, id, user_id).first(),
        sql!(OPEN_CODES, user_id).run(),
    );
    batch.map(|(removed, ())| removed)
}

/// Keeps the code with which a user begins anew; 0 where there is no factor to begin anew with.
pub fn re_enrol(user_id: &UserId, digest: &str, now: Timestamp) -> (Query<()>, Query<usize>) {
    let until = now + RE_ENROLMENT_LIFETIME;
    (
        sql!(FORGET, user_id).run(),
        sql!(RE_ENROL, user_id, digest, now, until).changes(),
    )
}
