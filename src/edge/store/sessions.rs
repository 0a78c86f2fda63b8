//! D1: sessions. Each function is one batch that decides and reads in the same transaction.
//!
//! Whatever opens or uses a session joins `live_members`: user, membership, tenant, role and client
//! as they are now.

use serde::Deserialize;

use super::accounts::{AccountRow, account_columns};
use super::clients::{ClientRow, client_columns};
use super::db::{Answers, Db, Statement, sql};
use super::otps::{Settlement, settled};
use crate::auth::account::Account;
use crate::auth::client::AuthClient;
use crate::auth::session::SessionState;
use crate::error::Error;

/// The rows of [`LiveSession`]s, up to the condition that says which.
macro_rules! live_sessions {
    () => {
        concat!(
            "select s.id as session_id, ",
            account_columns!(),
            ", ",
            client_columns!(),
            " from sessions s \
             join live_members m on m.user_id = s.user_id and m.client_id = s.client_id \
             join accounts a on a.user_id = s.user_id \
             join auth_clients c on c.id = s.client_id \
             where s.ended_on is null "
        )
    };
}
pub(super) use live_sessions;

const LIVE: &str = concat!(live_sessions!(), "and s.id = ?1 and s.expires_on > ?2");

const OPEN: &str = concat!(
    "insert into sessions (id, user_id, client_id, refreshed_on, last_used_on, \
       device, method, created_on, expires_on) \
     select ?1, m.user_id, m.client_id, ?4, ?4, ?5, ?6, ?4, ?7 \
     from live_members m where m.user_id = ?2 and m.client_id = ?3 and ",
    settled!("?8")
);

// As in the original, a sign-in that must still change its password is not a last login.
const LAST_LOGIN: &str = "update users set last_login = ?2 where id = ( \
       select s.user_id from sessions s \
       join live_members m on m.user_id = s.user_id and m.client_id = s.client_id \
       join user_tenants t on t.id = m.user_tenant_id and t.status = 1 \
       where s.id = ?1 and s.created_on = ?2)";

const KEEP_PROVIDER_TOKEN: &str = "update sessions set provider_token = ?2 where id = ?1";

const PROVIDER_TOKEN: &str = "select provider_token from sessions where id = ?1 and method = ?2 and provider_token is not null";

const STATE: &str = "select s.refresh_n, s.refreshed_on, s.last_used_on, s.expires_on, \
       s.ended_on, s.device, c.refresh_token_expiration, \
       exists (select 1 from live_members m where m.user_id = s.user_id and m.client_id = s.client_id) as live \
     from sessions s join auth_clients c on c.id = s.client_id where s.id = ?1";

/// `Refresh::judge` in SQL: the session is open, and the device is the one that signed in.
/// ?1 session, ?2 n, ?3 now, ?4 device
macro_rules! open_session {
    () => {
        "id = ?1 and ended_on is null and expires_on > ?3 and (device is null or device is ?4) \
         and exists (select 1 from live_members m join auth_clients c on c.id = m.client_id \
           where m.user_id = sessions.user_id and m.client_id = sessions.client_id \
             and ?3 < sessions.last_used_on + 1000 * c.refresh_token_expiration)"
    };
}

const THEFT: &str = concat!(
    "update sessions set ended_on = ?3, ended_why = 'refresh theft' \
     where refresh_n > ?2 and not (refresh_n = ?2 + 1 and ?3 < refreshed_on + ?5) and ",
    open_session!()
);

const ROTATE: &str = concat!(
    "update sessions set refresh_n = refresh_n + 1, refreshed_on = ?3, last_used_on = ?3 \
     where refresh_n = ?2 and ",
    open_session!()
);

const END: &str = "update sessions set ended_on = ?2, ended_why = ?3 \
     where id = ?1 and ended_on is null and expires_on > ?2 \
       and exists (select 1 from live_members m \
         where m.user_id = sessions.user_id and m.client_id = sessions.client_id) \
     returning user_id";

/// A session in use: whose it is, and with which client.
pub struct LiveSession {
    /// The `sid`.
    pub id: String,
    /// Its user.
    pub account: Account,
    /// Its client.
    pub client: AuthClient,
}

/// A session about to be opened.
pub struct NewSession<'a> {
    /// The `sid`.
    pub id: &'a str,
    /// Its user.
    pub user_id: &'a str,
    /// Its client's number.
    pub client: i64,
    /// Digest of the device that signs in.
    pub device: Option<&'a str>,
    /// How the user proved to be the user.
    pub method: &'a str,
    /// The absolute end.
    pub expires_on: i64,
}

/// A refresh as it is asked for.
pub struct RefreshAttempt<'a> {
    /// The session.
    pub session_id: &'a str,
    /// The refresh token's number.
    pub n: u32,
    /// Digest of the device that asks.
    pub device: Option<&'a str>,
    /// The retry window, in milliseconds.
    pub window: i64,
}

/// What a refresh found and left behind.
pub struct Refreshed {
    /// The session before, if there is one.
    pub before: Option<SessionState>,
    /// Whether the number moved.
    pub rotated: bool,
    /// The session after, if it may be used.
    pub session: Option<LiveSession>,
}

/// Asks for a session that may be used now: read it with [`live`].
pub fn find_live(id: &str, now: i64) -> Statement {
    sql!(LIVE, id, now)
}

/// Reads the n-th answer of a batch, which asked [`find_live`].
pub fn live(answers: &Answers, n: usize) -> Result<Option<LiveSession>, Error> {
    #[derive(Deserialize)]
    struct Row {
        session_id: String,
        #[serde(flatten)]
        account: AccountRow,
        #[serde(flatten)]
        client: ClientRow,
    }
    let Some(row) = answers.row::<Row>(n)? else {
        return Ok(None);
    };
    Ok(Some(LiveSession {
        id: row.session_id,
        account: row.account.try_into()?,
        client: row.client.into(),
    }))
}

/// Opens a session, if user and client still allow it and its proof can be settled.
pub async fn open(
    db: &Db,
    new: &NewSession<'_>,
    settlement: Settlement,
    now: i64,
) -> Result<Option<LiveSession>, Error> {
    let open = sql!(
        OPEN,
        new.id,
        new.user_id,
        new.client,
        now,
        new.device,
        new.method,
        new.expires_on,
        settlement.otp_attempt.as_ref()
    );
    let first = settlement.statements;
    let last = 2 + first.len();
    let rest = [open, sql!(LAST_LOGIN, new.id, now), find_live(new.id, now)];
    live(&db.batch(first.into_iter().chain(rest)).await?, last)
}

/// Keeps the provider's refresh token (encrypted) for signing out there.
pub async fn keep_provider_token(db: &Db, id: &str, token: &str) -> Result<(), Error> {
    db.all(sql!(KEEP_PROVIDER_TOKEN, id, token)).await.map(drop)
}

/// The refresh token (encrypted) that a provider gave for a session, ended or not, of its own.
pub async fn provider_token(db: &Db, id: &str, method: &str) -> Result<Option<String>, Error> {
    #[derive(Deserialize)]
    struct Row {
        provider_token: String,
    }
    let row: Option<Row> = db.first(sql!(PROVIDER_TOKEN, id, method)).await?;
    Ok(row.map(|row| row.provider_token))
}

/// Refreshes: ends a stolen session, moves an honest one on, and reads it before and after.
pub async fn refresh(db: &Db, ask: &RefreshAttempt<'_>, now: i64) -> Result<Refreshed, Error> {
    let answers = db
        .batch([
            sql!(STATE, ask.session_id),
            sql!(THEFT, ask.session_id, ask.n, now, ask.device, ask.window),
            sql!(ROTATE, ask.session_id, ask.n, now, ask.device),
            find_live(ask.session_id, now),
        ])
        .await?;
    Ok(Refreshed {
        before: answers.row::<StateRow>(0)?.map(SessionState::from),
        rotated: answers.changes(2)? > 0,
        session: live(&answers, 3)?,
    })
}

/// Ends a live session; gives its user, or nothing if it was over already.
pub async fn end(db: &Db, id: &str, why: &str, now: i64) -> Result<Option<String>, Error> {
    #[derive(Deserialize)]
    struct Row {
        user_id: String,
    }
    let row: Option<Row> = db.first(sql!(END, id, now, why)).await?;
    Ok(row.map(|row| row.user_id))
}

#[derive(Deserialize)]
struct StateRow {
    refresh_n: u32,
    refreshed_on: i64,
    last_used_on: i64,
    expires_on: i64,
    ended_on: Option<i64>,
    device: Option<String>,
    refresh_token_expiration: i64,
    live: i64,
}

impl From<StateRow> for SessionState {
    fn from(row: StateRow) -> Self {
        Self {
            refresh_n: row.refresh_n,
            refreshed_on: row.refreshed_on,
            last_used_on: row.last_used_on,
            expires_on: row.expires_on,
            ended: row.ended_on.is_some(),
            device: row.device,
            live: row.live == 1,
            idle_lifetime: row.refresh_token_expiration.saturating_mul(1000),
        }
    }
}
