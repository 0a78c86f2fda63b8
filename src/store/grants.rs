//! What was granted to OAuth clients: sessions in use.

use serde_json::{Map, Value as Json};

use super::accounts::account_columns;
use super::oauth_clients::RegisteredClient;
use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use super::sessions::LiveSession;
use crate::auth::id::{SessionId, UserId};
use crate::auth::oauth::scope::Scope;
use crate::auth::time::Timestamp;

/// The rows of [`LiveGrant`]s, up to the condition that says which.
macro_rules! live_grants {
    () => {
        concat!(
            "select s.id as session_id, s.method as session_method, s.aal, s.amr, s.auth_time, \
               g.scope as grant_scope, g.audience, g.claims, g.jkt, \
               a.email_verified, u.modified_on as user_modified_on, ",
            account_columns!(),
            ", ",
            client_columns!(),
            ", r.source, r.metadata, r.fresh_until \
             from sessions s cross join grants g on g.session_id = s.id \
             cross join accounts a on a.user_id = s.user_id \
             cross join users u on u.id = s.user_id \
             cross join auth_clients c on c.id = s.client_id \
             cross join oauth_clients r on r.client_id = c.id \
             where s.ended_on is null and a.live and c.deleted = 0 \
               and exists (select 1 from user_clients m \
                 where m.user_id = s.user_id and m.client_id = s.client_id) "
        )
    };
}
pub(super) use live_grants;

const LIVE: &str = concat!(live_grants!(), "and s.id = ?1 and s.expires_on > ?2");

const END_WITH_BROWSER: &str = "update sessions set ended_on = ?3, ended_why = 'signed out' \
     where id = ?1 and user_id = ?2 and ended_on is null \
       and exists (select 1 from grants g where g.session_id = ?1 and g.offline = 0)";

/// A session of an OAuth client in use: its user and its client as they are now.
pub struct LiveGrant {
    /// The session.
    pub session: LiveSession,
    /// What OAuth knows of its client.
    pub client: RegisteredClient,
    /// What was granted.
    pub scope: Scope,
    /// Whom its access tokens are for.
    pub audience: Vec<String>,
    /// Single claims for UserInfo.
    pub userinfo_claims: Map<String, Json>,
    /// Single claims for the ID Token.
    pub id_token_claims: Map<String, Json>,
    /// The thumbprint of the key that proved itself first.
    pub jkt: Option<String>,
    /// Whether the user's address is verified.
    pub email_verified: bool,
    /// When anything of the user was last changed.
    pub user_modified_on: Timestamp,
}

impl FromRow for LiveGrant {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        let scope: String = row.get("grant_scope")?;
        let mut claims: Map<String, Json> = row.json("claims")?;
        let mut part = |name| match claims.remove(name) {
            Some(Json::Object(claims)) => claims,
            _ => Map::new(),
        };
        Ok(Self {
            session: LiveSession::from_row(row)?,
            client: RegisteredClient::from_row(row)?,
            scope: Scope::parse(&scope).map_err(|_| Unreadable::Column("scope"))?,
            audience: row.json("audience")?,
            userinfo_claims: part("userinfo"),
            id_token_claims: part("id_token"),
            jkt: row.get("jkt")?,
            email_verified: row.get("email_verified")?,
            user_modified_on: row.get("user_modified_on")?,
        })
    }
}

/// Ends a session of a user's as its browser's end does: one with offline access goes on.
pub fn end_with_browser(id: &SessionId, user_id: &UserId, now: Timestamp) -> Query<()> {
    sql!(END_WITH_BROWSER, id, user_id, now).run()
}

/// The grant of a session, if it may be used now.
pub fn live(id: &SessionId, now: Timestamp) -> Query<Option<LiveGrant>> {
    sql!(LIVE, id, now).first()
}
