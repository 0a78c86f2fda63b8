//! Refresh tokens of identities that are gone, on their way to be revoked at the provider; a trigger puts
//! them here.

use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::time::Timestamp;

// Each pause is as long as all before it, a minute at least: a token that is a day old is given up.
const TAKE: &str = "update token_revocations set next_on = ?1 + max(60000, ?1 - created_on) \
     where id in (select id from token_revocations where next_on <= ?1 order by next_on limit 20) \
     returning id, provider, token";

const DONE: &str = "delete from token_revocations where id = ?1";

/// A token to be revoked.
#[derive(Debug)]
pub struct DueRevocation {
    /// The row's id.
    pub id: String,
    /// The provider's name.
    pub provider: String,
    /// The token, encrypted.
    pub token: String,
}

impl FromRow for DueRevocation {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("id")?,
            provider: row.get("provider")?,
            token: row.get("token")?,
        })
    }
}

/// Takes what is due; it is due again later unless it is done.
pub fn take(now: Timestamp) -> Query<Vec<DueRevocation>> {
    sql!(TAKE, now).all()
}

/// It is revoked.
pub fn done(id: &str) -> Query<()> {
    sql!(DONE, id).run()
}
