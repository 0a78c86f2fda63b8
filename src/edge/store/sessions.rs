//! D1: sessions. Each function is one batch that decides and reads in the same transaction.
//!
//! Whatever opens or uses a session asks the view `live_members`, or `accounts.live` and the client
//! itself: user, membership, tenant, role and client as they are now.

use serde::Deserialize;

use super::accounts::{AccountRow, account_columns};
use super::clients::{ClientRow, client_columns};
use super::db::{Answers, Db, Statement, sql};
use super::otps::{Settlement, settled};
use super::provider_logouts::not_logged_out;
use crate::auth::account::Account;
use crate::auth::client::AuthClient;
use crate::error::Error;

/// The rows of [`LiveSession`]s, up to the condition that says which.
macro_rules! live_sessions {
    () => {
        concat!(
            "select s.id as session_id, s.method as session_method, ",
            account_columns!(),
            ", ",
            client_columns!(),
            " from sessions s \
             cross join accounts a on a.user_id = s.user_id \
             cross join auth_clients c on c.id = s.client_id \
             where s.ended_on is null and a.live and c.deleted = 0 \
               and exists (select 1 from user_clients u \
                 where u.user_id = s.user_id and u.client_id = s.client_id) "
        )
    };
}
pub(super) use live_sessions;

const LIVE: &str = concat!(live_sessions!(), "and s.id = ?1 and s.expires_on > ?2");

const OPEN: &str = concat!(
    "insert into sessions (id, user_id, client_id, refreshed_on, last_used_on, \
       device, method, provider_session, created_on, expires_on) \
     select ?1, m.user_id, m.client_id, ?4, ?4, ?5, ?6, ?11, ?4, ?7 \
     from live_members m where m.user_id = ?2 and m.client_id = ?3 \
       and (?10 or (select changed_on from user_credentials where user_id = ?2) is ?9) and ",
    not_logged_out!("?11"),
    " and ",
    settled!("?8")
);

// As in the original, a sign-in that must still change its password is not a last login.
const LAST_LOGIN: &str = "update users set last_login = ?2 where id = ( \
       select s.user_id from sessions s \
       join live_members m on m.user_id = s.user_id and m.client_id = s.client_id \
       join user_tenants t on t.id = m.user_tenant_id and t.status = 1 \
       where s.id = ?1 and s.created_on = ?2)";

const KEEP_PROVIDER_TOKEN: &str = "update sessions set provider_token = ?2 where id = ?1";

const REPLACE: &str = "update sessions set ended_on = ?3, ended_why = 'signed in anew' \
     where id = ?1 and ended_on is null and exists (select 1 from sessions n where n.id = ?2)";

const END: &str = "update sessions set ended_on = ?2, ended_why = ?3 \
     where id = ?1 and ended_on is null and expires_on > ?2 \
       and exists (select 1 from live_members m \
         where m.user_id = sessions.user_id and m.client_id = sessions.client_id) \
     returning id, user_id, client_id, method, provider_token";

/// A session in use: whose it is, and with which client.
pub struct LiveSession {
    /// The `sid`.
    pub id: String,
    /// How the user proved to be the user.
    pub method: String,
    /// Its user.
    pub account: Account,
    /// Its client.
    pub client: AuthClient,
}

/// Which password must be the user's still, for a proof to open something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unchanged {
    /// The one that was set then, or none where there was none.
    Since(Option<i64>),
    /// Any: the proof has nothing to do with it.
    Whatever,
}

impl Unchanged {
    /// When the password was set.
    pub const fn since(self) -> Option<i64> {
        match self {
            Self::Since(changed_on) => changed_on,
            Self::Whatever => None,
        }
    }

    /// Whether it does not matter: 1 or 0, as SQL has it.
    pub const fn is_whatever(self) -> u32 {
        matches!(self, Self::Whatever) as u32
    }
}

/// Whose a session is.
#[derive(Debug, Deserialize)]
pub struct Owner {
    /// Its user.
    pub user_id: String,
    /// Its client's number.
    pub client_id: i64,
}

/// A session that a statement has just ended.
#[derive(Debug, Deserialize)]
pub struct EndedSession {
    /// The `sid`.
    pub id: String,
    /// Its user.
    pub user_id: String,
    /// Its client's number.
    pub client_id: i64,
    /// How the user had proven to be the user.
    pub method: String,
    /// The provider's refresh token (encrypted), if one was kept.
    pub provider_token: Option<String>,
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
    /// The session at the provider that it comes from.
    pub provider_session: Option<&'a str>,
    /// The password that must be the user's still.
    pub unchanged: Unchanged,
    /// The absolute end.
    pub expires_on: i64,
    /// A session that ends when this one opens.
    pub replaces: Option<&'a str>,
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
        session_method: String,
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
        method: row.session_method,
        account: row.account.try_into()?,
        client: row.client.into(),
    }))
}

/// Opens a session, if user and client still allow it, its proof can be settled, and the user's
/// password is the same still.
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
        settlement.otp_attempt.as_ref(),
        new.unchanged.since(),
        new.unchanged.is_whatever(),
        new.provider_session
    );
    let first = settlement.statements;
    let last = 2 + first.len();
    let rest = [open, sql!(LAST_LOGIN, new.id, now), find_live(new.id, now)];
    let replace = new.replaces.map(|old| sql!(REPLACE, old, new.id, now));
    live(
        &db.batch(first.into_iter().chain(rest).chain(replace))
            .await?,
        last,
    )
}

/// Keeps the provider's refresh token (encrypted) for signing out there.
pub async fn keep_provider_token(db: &Db, id: &str, token: &str) -> Result<(), Error> {
    db.all(sql!(KEEP_PROVIDER_TOKEN, id, token)).await.map(drop)
}

/// Ends a live session; nothing if it was over already.
pub async fn end(db: &Db, id: &str, why: &str, now: i64) -> Result<Option<EndedSession>, Error> {
    db.first(sql!(END, id, now, why)).await
}

/// Ends sessions; tells which of them lived.
pub async fn end_all(
    db: &Db,
    ids: &[String],
    why: &str,
    now: i64,
) -> Result<Vec<EndedSession>, Error> {
    let answers = db
        .batch(ids.iter().map(|id| sql!(END, id, now, why)))
        .await?;
    let mut ended = Vec::new();
    for n in 0..ids.len() {
        ended.extend(answers.rows(n)?);
    }
    Ok(ended)
}
