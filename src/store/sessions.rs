//! Sessions. Each function is one batch that decides and reads in the same transaction.
//!
//! Every statement that opens or uses a session asks the view `live_members`, or `accounts.live`
//! and the client itself: user, membership, tenant, role and client as they are now.

use super::accounts::account_columns;
use super::batch::Batch;
use super::effects::{PasswordPrecondition, SignInEffects, otp_was_consumed};
use super::ended_session::EndedSession;
use super::factors::needs_second_step;
use super::provider_logouts::not_logged_out;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::account::Account;
use crate::auth::assurance::Assurance;
use crate::auth::audit::SessionRef;
use crate::auth::client::AuthClient;
use crate::auth::id::{ClientNumber, FactorId, SessionId, UserId};
use crate::auth::sign_in_place::SignInPlace;
use crate::auth::time::Timestamp;

/// The rows of [`LiveSession`]s, up to the condition that says which.
macro_rules! live_sessions {
    () => {
        concat!(
            "select s.id as session_id, s.method as session_method, s.aal, s.amr, s.auth_time, ",
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

/// Opens the session of a row `m` of the view `live_members`, up to the `from`: at ?4, from the
/// device ?5. The origin is what the sign-in rests on and where it happened: `aal`, `amr`,
/// `auth_time`, `user_agent`, `country`, `browser_id`, `factor_id`.
macro_rules! insert_session {
    ($id:literal, $method:literal, $provider_session:literal, $provider_token:literal, $expires_on:literal, $origin:literal) => {
        concat!(
            "insert into sessions (id, user_id, client_id, refreshed_on, last_used_on, device, \
               created_on, method, provider_session, provider_token, expires_on, \
               aal, amr, auth_time, user_agent, country, browser_id, factor_id) \
             select ",
            $id,
            ", m.user_id, m.client_id, ?4, ?4, ?5, ?4, ",
            $method,
            ", ",
            $provider_session,
            ", ",
            $provider_token,
            ", ",
            $expires_on,
            ", ",
            $origin,
            " "
        )
    };
}
pub(super) use insert_session;

/// Sets the last login of the user of a session that this batch has opened. As in the original, a
/// user who must change the password first (status 3) has not logged in.
macro_rules! set_last_login {
    ($session:literal, $now:literal) => {
        concat!(
            "update users set last_login = ",
            $now,
            " where id = (select s.user_id from sessions s join users u on u.id = s.user_id \
               join user_tenants t on t.user_id = u.id and t.tenant_id = u.default_tenant_id \
                 and t.deleted = 0 and t.status = 1 \
               where s.id = ",
            $session,
            ")"
        )
    };
}
pub(super) use set_last_login;

const OPEN: &str = concat!(
    insert_session!(
        "?1",
        "?6",
        "?11",
        "?12",
        "?7",
        "?13, ?14, ?15, ?16, ?17, null, ?18"
    ),
    "from live_members m where m.user_id = ?2 and m.client_id = ?3 and not ",
    needs_second_step!("?2", "?13", "?3", "null"),
    " and (?10 or (select changed_on from user_credentials where user_id = ?2) is ?9) and ",
    not_logged_out!("?11"),
    " and ",
    otp_was_consumed!("?8")
);

const LAST_LOGIN: &str = set_last_login!("?1", "?2");

const REPLACE: &str = "update sessions set ended_on = ?3, ended_why = 'signed in anew' \
     where id = ?1 and ended_on is null and exists (select 1 from sessions n where n.id = ?2)";

const END: &str = "update sessions set ended_on = ?2, ended_why = ?3 \
     where id = ?1 and ended_on is null and expires_on > ?2 \
       and exists (select 1 from live_members m \
         where m.user_id = sessions.user_id and m.client_id = sessions.client_id) \
     returning id, user_id, client_id, method, provider_token";

/// A session in use: its user and its client as they are now.
pub struct LiveSession {
    /// The `sid`.
    pub id: SessionId,
    /// How the user was authenticated.
    pub method: String,
    /// What it rests on.
    pub assurance: Assurance,
    /// Its user.
    pub account: Account,
    /// Its client.
    pub client: AuthClient,
}

/// The user and the client of a session.
#[derive(Debug)]
pub struct Owner {
    /// Its user.
    pub user_id: UserId,
    /// Its client.
    pub client: ClientNumber,
}

impl From<&LiveSession> for SessionRef {
    fn from(session: &LiveSession) -> Self {
        Self {
            id: session.id.clone(),
            user_id: session.account.id.clone(),
            client: session.client.id,
        }
    }
}

/// A session about to be opened.
pub struct NewSession<'a> {
    /// The `sid`.
    pub id: &'a SessionId,
    /// Its user.
    pub user_id: &'a UserId,
    /// Its client.
    pub client: ClientNumber,
    /// Digest of the device that signs in.
    pub device: Option<&'a str>,
    /// How the user was authenticated.
    pub method: &'a str,
    /// What it rests on.
    pub assurance: &'a Assurance,
    /// The factor with which that ends.
    pub factor: Option<&'a FactorId>,
    /// What signs in.
    pub place: &'a SignInPlace,
    /// The session at the provider that it comes from.
    pub provider_session: Option<&'a str>,
    /// The provider's refresh token (encrypted), for signing out there.
    pub provider_token: Option<&'a str>,
    /// The password that must still be the user's.
    pub password: PasswordPrecondition,
    /// The absolute end.
    pub expires_on: Timestamp,
    /// A session that ends when this one opens.
    pub replaces: Option<&'a SessionId>,
}

impl FromRow for LiveSession {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("session_id")?,
            method: row.get("session_method")?,
            assurance: Assurance::from_row(row)?,
            account: Account::from_row(row)?,
            client: AuthClient::from_row(row)?,
        })
    }
}

impl FromRow for Owner {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            user_id: row.get("user_id")?,
            client: row.get("client_id")?,
        })
    }
}

/// The session of an id, if it may be used now.
pub fn live(id: &SessionId, now: Timestamp) -> Query<Option<LiveSession>> {
    sql!(LIVE, id, now).first()
}

/// Opens a session, if user and client still allow it, the effects of its sign-in took place, the
/// user's password is still the same, and no second step is needed.
pub fn open(
    new: &NewSession<'_>,
    effects: SignInEffects,
    now: Timestamp,
) -> impl Batch<Output = Option<LiveSession>> {
    let open = sql!(
        OPEN,
        new.id,
        new.user_id,
        new.client,
        now,
        new.device,
        new.method,
        new.expires_on,
        effects.otp_attempt.as_ref(),
        new.password.set_at(),
        new.password.is_none(),
        new.provider_session,
        new.provider_token,
        new.assurance.aal.number(),
        &new.assurance.amr,
        new.assurance.auth_time,
        new.place.user_agent.as_ref(),
        new.place.country.as_ref(),
        new.factor
    );
    let replace = new
        .replaces
        .map(|old| sql!(REPLACE, old, new.id, now).run());
    let batch = (
        effects.queries,
        open.run(),
        sql!(LAST_LOGIN, new.id, now).run(),
        live(new.id, now),
        replace,
    );
    batch.map(|(_, (), (), session, _)| session)
}

/// Ends a live session; nothing if it was over already.
pub fn end(id: &SessionId, why: &str, now: Timestamp) -> Query<Option<EndedSession>> {
    sql!(END, id, now, why).first()
}
