//! What is good for one use of a client's: assertions and DPoP proofs, where nothing else is consumed.

use super::oauth_clients::{ClientProof, is_proven};
use super::query::{Query, sql};
use crate::auth::oauth::one_use::OneUse;
use crate::auth::time::Timestamp;

// Only for a client that is authenticated: strangers leave no rows.
const TAKE: &str = concat!(
    "insert into one_time (key, kind, created_on, expires_on) select ?1, 'jti', ?2, ?3 \
     where exists (select 1 from auth_clients c join oauth_clients r on r.client_id = c.id where ",
    is_proven!("?4", "?5", "?6", "?7"),
    ") on conflict do nothing"
);

const USED: &str = "select 1 from one_time where key = ?1 and kind = 'jti'";

/// Whether something was used before.
pub fn is_used(used: &OneUse) -> Query<Option<(bool,)>> {
    sql!(USED, &used.key).first()
}

/// Uses something up; 0 if it was used before, or the client is not authenticated.
pub fn take(used: &OneUse, proof: &ClientProof, now: Timestamp) -> Query<usize> {
    proof
        .bind(sql!(TAKE, &used.key, now, used.expires_on))
        .changes()
}
