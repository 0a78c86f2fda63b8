//! What a code or device code opens, once an attempt has consumed its row: a session, and the grant that
//! goes with it.

use super::accounts::account_columns;
use super::batch::Batch;
use super::grants::{LiveGrant, live_grants};
use super::query::{Query, sql};
use super::sessions::{insert_session, set_last_login};
use crate::auth::id::AttemptId;
use crate::auth::oauth::one_use::OneUse;
use crate::auth::time::Timestamp;

// A client that has to bind its tokens to a key gets none without a proof. A session with offline access
// goes on when the browser's own ends (OIDC Core §11).
const OPEN_SESSION: &str = concat!(
    insert_session!(
        "o.session_id",
        "o.method",
        "null",
        "null",
        "?3",
        "o.aal, o.amr, o.auth_time, o.user_agent, o.country, \
         iif(json_extract(o.payload, '$.offline'), null, o.browser_id), o.factor_id"
    ),
    "from one_time o join live_members m on m.user_id = o.user_id and m.client_id = o.client_id \
     where o.key = ?1 and o.taken_by = ?2 and o.voided_on is null \
       and (?6 is not null or exists (select 1 from oauth_clients r where r.client_id = o.client_id \
         and not json_extract(r.metadata, '$.dpop_bound_access_tokens') \
         and not coalesce(json_extract(r.metadata, '$.fapi'), 0)))"
);

const GRANT: &str = "insert into grants (session_id, scope, audience, claims, jkt, offline) \
     select s.id, json_extract(o.payload, '$.scope'), json_extract(o.payload, '$.audience'), \
       coalesce(json_extract(o.payload, '$.claims'), '{}'), ?3, json_extract(o.payload, '$.offline') \
     from one_time o join sessions s on s.id = o.session_id \
     where o.key = ?1 and o.taken_by = ?2 and o.voided_on is null";

// Only what has consumed something is remembered: strangers leave no rows.
const USE: &str = "insert into one_time (key, kind, created_on, expires_on) select ?1, 'jti', ?2, ?3 \
     where exists (select 1 from one_time where key = ?4 and taken_by = ?5) on conflict do nothing";

const LAST_LOGIN: &str = set_last_login!(
    "(select session_id from one_time where key = ?1 and taken_by = ?2)",
    "?3"
);

const OPENED: &str = concat!(
    live_grants!(),
    "and s.id = (select session_id from one_time where key = ?1 and taken_by = ?2) and s.expires_on > ?3"
);

/// What opens a session.
#[derive(Clone, Copy)]
pub struct Opening<'a> {
    /// The key of the consumed row.
    pub key: &'a str,
    /// The attempt that has to have consumed it.
    pub attempt: &'a AttemptId,
    /// The thumbprint of the key that was proven.
    pub jkt: Option<&'a str>,
    /// What must not have been used before.
    pub uses: [Option<&'a OneUse>; 2],
    /// The absolute end of the session.
    pub session_expires_on: Timestamp,
}

impl Opening<'_> {
    /// The keys of what must not have been used before.
    pub(super) fn used(&self) -> [Option<&str>; 2] {
        self.uses.map(|used| used.map(|used| used.key.as_str()))
    }

    /// Opens the session, if this attempt has consumed the row and nothing has voided it since.
    pub(super) fn open(&self, now: Timestamp) -> impl Batch<Output = ()> + use<> {
        let (key, attempt) = (self.key, self.attempt);
        let (end, nothing) = (self.session_expires_on, None::<&str>);
        let uses = self.uses.into_iter().flatten();
        let uses: Vec<_> = uses
            .map(|used| sql!(USE, &used.key, now, used.expires_on, key, attempt).run())
            .collect();
        let batch = (
            sql!(OPEN_SESSION, key, attempt, end, now, nothing, self.jkt).run(),
            sql!(GRANT, key, attempt, self.jkt).run(),
            uses,
            sql!(LAST_LOGIN, key, attempt, now).run(),
        );
        batch.map(|_| ())
    }

    /// What has been opened.
    pub(super) fn opened(&self, now: Timestamp) -> Query<Option<LiveGrant>> {
        sql!(OPENED, self.key, self.attempt, now).first()
    }
}
