//! A session that has just ended: what is recorded of it, and what ends its provider session.

use super::row::{FromRow, Row, Unreadable};
use crate::auth::audit::SessionRef;
use crate::auth::id::{ClientNumber, SessionId, UserId};

/// A session that a statement has just ended.
#[derive(Debug)]
pub struct EndedSession {
    /// The `sid`.
    pub id: SessionId,
    /// Its user.
    pub user_id: UserId,
    /// Its client.
    pub client: ClientNumber,
    /// How the user had been authenticated.
    pub method: String,
    /// The provider's refresh token (encrypted), if one was kept.
    pub provider_token: Option<String>,
}

impl From<&EndedSession> for SessionRef {
    fn from(session: &EndedSession) -> Self {
        Self {
            id: session.id.clone(),
            user_id: session.user_id.clone(),
            client: session.client,
        }
    }
}

impl FromRow for EndedSession {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.get("id")?,
            user_id: row.get("user_id")?,
            client: row.get("client_id")?,
            method: row.get("method")?,
            provider_token: row.get("provider_token")?,
        })
    }
}
