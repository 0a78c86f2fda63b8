//! D1: authorization codes. The row of a code decides who redeems it.
//!
//! A batch cannot branch, so its statements are chained by a random attempt id: whoever the first
//! statement wrote into the row gets the session, everybody else ends it (RFC 6749 §4.1.2).

use serde::Deserialize;

use super::accounts::account_columns;
use super::clients::client_columns;
use super::db::{Db, sql};
use super::otps::{Settlement, settled};
use super::provider_logouts::not_logged_out;
use super::sessions::{self, LiveSession, Unchanged, live_sessions};
use crate::error::Error;

const INSERT: &str = concat!(
    "insert into one_time (key, kind, user_id, client_id, session_id, \
       client_secret_digest, challenge, method, provider_session, created_on, expires_on) \
     select ?1, 'code', ?2, ?3, ?4, ?5, ?6, ?7, ?13, ?8, ?9 \
     where ((select changed_on from user_credentials where user_id = ?2) is ?11 or ?12) and ",
    not_logged_out!("?13"),
    " and ",
    settled!("?10")
);

// Another client does not spend it; neither does its own client after a change of `secret`.
const TAKE: &str = "update one_time set taken_by = ?2, taken_on = ?4 \
     where key = ?1 and taken_by is null and voided_on is null and expires_on > ?4 \
       and exists (select 1 from auth_clients c where c.id = one_time.client_id \
         and c.client_id = ?3 and c.deleted = 0 \
         and c.secret_digest = one_time.client_secret_digest)";

const OPEN_SESSION: &str = "insert into sessions (id, user_id, client_id, refreshed_on, \
       last_used_on, device, method, provider_session, created_on, expires_on) \
     select o.session_id, o.user_id, o.client_id, ?4, ?4, ?5, o.method, o.provider_session, ?4, ?6 \
     from one_time o join live_members m on m.user_id = o.user_id and m.client_id = o.client_id \
     where o.key = ?1 and o.taken_by = ?2 and o.challenge is ?3";

// As in the original, a sign-in that must still change its password is not a last login.
const LAST_LOGIN: &str = "update users set last_login = ?3 where id = ( \
       select o.user_id from one_time o \
       join sessions s on s.id = o.session_id \
       join user_tenants t on t.user_id = o.user_id and t.deleted = 0 and t.status = 1 \
       join users u on u.id = o.user_id and u.default_tenant_id = t.tenant_id \
       where o.key = ?1 and o.taken_by = ?2)";

const END_REPLAYED: &str = "update sessions set ended_on = ?4, ended_why = 'code replayed' \
     where ended_on is null and id = ( \
       select o.session_id from one_time o join auth_clients c on c.id = o.client_id \
       where o.key = ?1 and o.taken_by <> ?2 and c.client_id = ?3)";

const STATE: &str = "select \
       exists (select 1 from auth_clients where client_id = ?3 and deleted = 0) as known_client, \
       c.id is not null as good_client, \
       o.taken_by is not null as taken, o.taken_by is ?2 as won, \
       o.voided_on is not null as voided, coalesce(o.expires_on <= ?4, 0) as expired, \
       o.user_id, o.client_id, o.session_id \
     from (select 1) left join one_time o on o.key = ?1 \
     left join auth_clients c on c.id = o.client_id and c.client_id = ?3 and c.deleted = 0 \
       and c.secret_digest = o.client_secret_digest";

const SESSION: &str = concat!(
    live_sessions!(),
    "and s.id = (select session_id from one_time where key = ?1 and taken_by = ?2) \
     and s.expires_on > ?3"
);

/// A code about to be handed out.
pub struct NewCode<'a> {
    /// The key of its secret.
    pub key: &'a str,
    /// Who proved to be this user.
    pub user_id: &'a str,
    /// The client's number.
    pub client: i64,
    /// The session it will open.
    pub session_id: &'a str,
    /// The digest that the client's `secret` has.
    pub client_secret_digest: &'a str,
    /// PKCE challenge it was begun with.
    pub challenge: Option<&'a str>,
    /// How the user proved to be the user.
    pub method: &'a str,
    /// The session at the provider that it comes from.
    pub provider_session: Option<&'a str>,
    /// The password that must be the user's still.
    pub unchanged: Unchanged,
    /// Its end.
    pub expires_on: i64,
}

/// A code as it comes back.
pub struct Redemption<'a> {
    /// The key of its secret.
    pub key: &'a str,
    /// Drawn for this attempt.
    pub attempt: &'a str,
    /// The public name of the client that brings it.
    pub client_id: &'a str,
    /// The challenge that the verifier answers.
    pub challenge: Option<&'a str>,
    /// Digest of the device that brings it.
    pub device: Option<&'a str>,
    /// The absolute end of the session.
    pub session_expires_on: i64,
}

/// What a redemption found.
#[derive(Debug, Default, Deserialize)]
pub struct CodeState {
    /// Whether the client exists.
    pub known_client: i64,
    /// Whether the code is there, of this client, and its client's `secret` is the same still.
    pub good_client: i64,
    /// Whether anybody has taken it.
    pub taken: i64,
    /// Whether this attempt has.
    pub won: i64,
    /// Whether a password change voided it.
    pub voided: i64,
    /// Whether its time is over.
    pub expired: i64,
    /// Whose it is.
    pub user_id: Option<String>,
    /// The number of the client it was made for.
    pub client_id: Option<i64>,
    /// The session it opens, or has opened.
    pub session_id: Option<String>,
}

/// Makes a code redeemable, once its proof is settled and unless the user's password has changed
/// meanwhile; says whether it did.
pub async fn insert(
    db: &Db,
    code: &NewCode<'_>,
    settlement: Settlement,
    now: i64,
) -> Result<bool, Error> {
    let insert = sql!(
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
        settlement.otp_attempt.as_ref(),
        code.unchanged.since(),
        code.unchanged.is_whatever(),
        code.provider_session
    );
    let first = settlement.statements;
    let last = first.len();
    let answers = db.batch(first.into_iter().chain([insert])).await?;
    Ok(answers.changes(last)? > 0)
}

/// Redeems a code: takes it and opens its session, or ends the session of whoever took it before.
pub async fn redeem(
    db: &Db,
    code: &Redemption<'_>,
    now: i64,
) -> Result<(CodeState, Option<LiveSession>), Error> {
    let (key, attempt, client) = (code.key, code.attempt, code.client_id);
    let ends = code.session_expires_on;
    let answers = db
        .batch([
            sql!(TAKE, key, attempt, client, now),
            sql!(
                OPEN_SESSION,
                key,
                attempt,
                code.challenge,
                now,
                code.device,
                ends
            ),
            sql!(LAST_LOGIN, key, attempt, now),
            sql!(END_REPLAYED, key, attempt, client, now),
            sql!(STATE, key, attempt, client, now),
            sql!(SESSION, key, attempt, now),
        ])
        .await?;
    let state = answers.row(4)?.unwrap_or_default();
    Ok((state, sessions::live(&answers, 5)?))
}
