//! D1: `login_activity`.

use super::db::{Db, sql};
use crate::edge::app::Visitor;
use crate::error::Error;

const INSERT: &str = "insert into login_activity (id, at, kind, result, user_id, client_id, session_id, \
       address, country, user_agent, ray) \
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

/// One event, as its row has it.
pub struct Activity<'a> {
    /// What happened.
    pub kind: &'a str,
    /// How it went.
    pub result: &'a str,
    /// Whom it concerns.
    pub user_id: Option<&'a str>,
    /// The client's number.
    pub client: Option<i64>,
    /// The session.
    pub session_id: Option<&'a str>,
}

/// Adds a row.
pub async fn insert(
    db: &Db,
    id: &str,
    activity: &Activity<'_>,
    visitor: &Visitor,
    now: i64,
) -> Result<(), Error> {
    let statement = sql!(
        INSERT,
        id,
        now,
        activity.kind,
        activity.result,
        activity.user_id,
        activity.client,
        activity.session_id,
        visitor.address.as_ref(),
        visitor.country.as_ref(),
        visitor.user_agent.as_ref(),
        visitor.ray.as_ref()
    );
    db.all(statement).await.map(drop)
}
