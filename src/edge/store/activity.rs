//! D1: `login_activity`.

use super::db::{Db, sql};
use super::hourly_counts::{self, count_where, hour_of};
use crate::edge::app::Visitor;
use crate::error::Error;

/// Rows that one account gets in an hour for refusals of one kind and result.
const REFUSALS_PER_HOUR: u32 = 60;

/// The results that a caller who proves nothing can cause as often as they like.
macro_rules! refusals {
    () => {
        "('failed', 'refused', 'replay')"
    };
}

const INSERT: &str = concat!(
    "insert into login_activity (id, at, kind, result, user_id, client_id, session_id, \
       address, country, user_agent, ray) \
     select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 where ?4 not in ",
    refusals!(),
    " or (select count(*) from login_activity where user_id is ?5 and kind = ?3 and result = ?4 \
       and at > ?2 - 3600000 and result in ",
    refusals!(),
    ") < ?12"
);

const COUNT_IF_LEFT_OUT: &str =
    count_where!("not exists (select 1 from login_activity where id = ?3)");

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

/// Adds a row; a refusal beyond the account's share for this hour is counted only. Says whether there
/// is a row.
pub async fn insert(
    db: &Db,
    id: &str,
    activity: &Activity<'_>,
    visitor: &Visitor,
    now: i64,
) -> Result<bool, Error> {
    let kind = format!("{} {}", activity.kind, activity.result);
    let insert = sql!(
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
        visitor.ray.as_ref(),
        REFUSALS_PER_HOUR
    );
    let answers = db
        .batch([insert, sql!(COUNT_IF_LEFT_OUT, hour_of(now), &kind, id)])
        .await?;
    Ok(answers.changes(0)? > 0)
}

/// Counts a caller of whom nothing is known, who leaves no row.
pub async fn count_stranger(db: &Db, kind: &str, now: i64) -> Result<(), Error> {
    db.all(hourly_counts::count(kind, now)).await.map(drop)
}
