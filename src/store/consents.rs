//! What users have consented to.

use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::id::{ClientId, ClientNumber, UserId};
use crate::auth::oauth::authorization::decision::GivenConsent;
use crate::auth::oauth::scope::Scope;
use crate::auth::time::Timestamp;

const GIVEN: &str = "select k.scope, k.audience from consents k \
     where k.user_id = (select b.user_id from browsers b where b.key = ?1) \
       and k.client_id = (select c.id from auth_clients c where c.client_id = ?2 and c.deleted = 0)";

const OF_USER: &str = "select k.client_id, k.scope, k.audience, k.given_on, c.client_id as public_id, \
       b.client_name from consents k join auth_clients c on c.id = k.client_id and c.deleted = 0 \
     left join client_branding b on b.client_id = k.client_id \
     where k.user_id = ?1 order by k.given_on desc limit 100";

// A trigger ends what rests on it.
const WITHDRAW: &str =
    "delete from consents where user_id = ?1 and client_id = ?2 returning client_id";

/// A consent, as its user sees it.
#[derive(Debug)]
pub struct ListedConsent {
    /// The client.
    pub client: ClientNumber,
    /// Its public name.
    pub client_id: ClientId,
    /// What it calls itself.
    pub client_name: Option<String>,
    /// What was consented to.
    pub given: GivenConsent,
    /// When.
    pub given_on: Timestamp,
}

impl FromRow for GivenConsent {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        let scope: String = row.get("scope")?;
        Ok(Self {
            scope: Scope::parse(&scope).map_err(|_| Unreadable::Column("scope"))?,
            audience: row.json("audience")?,
        })
    }
}

impl FromRow for ListedConsent {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            client: row.get("client_id")?,
            client_id: row.get("public_id")?,
            client_name: row.get("client_name")?,
            given: GivenConsent::from_row(row)?,
            given_on: row.get("given_on")?,
        })
    }
}

/// What the user of a browser has consented to for a client; `browser` is the key of its cookie.
pub fn given(browser: &str, client_id: &ClientId) -> Query<Option<GivenConsent>> {
    sql!(GIVEN, browser, client_id).first()
}

/// A user's consents, the latest first.
pub fn of_user(user_id: &UserId) -> Query<Vec<ListedConsent>> {
    sql!(OF_USER, user_id).all()
}

/// Withdraws a consent, and ends what rests on it; nothing if there was none.
pub fn withdraw(user_id: &UserId, client: ClientNumber) -> Query<Option<(ClientNumber,)>> {
    sql!(WITHDRAW, user_id, client).first()
}
