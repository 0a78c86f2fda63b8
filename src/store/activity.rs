//! `login_activity`: one row for each event.

use super::batch::Batch;
use super::hourly_counts::{count_where, hour_of};
use super::query::sql;
use crate::auth::id::{ClientNumber, SessionId, UserId};
use crate::auth::time::Timestamp;

/// Rows that one account gets in an hour for refusals of one kind and result.
const REFUSALS_PER_HOUR: u32 = 60;

/// The results that a caller without credentials can cause without limit.
macro_rules! refusals {
    () => {
        "('failed', 'refused', 'unreadable', 'replay')"
    };
}

const INSERT: &str = concat!(
    "insert into login_activity (id, at, kind, result, user_id, client_id, session_id, \
       address, country, user_agent, ray, tenant_id, target, detail) \
     select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, \
       coalesce(?13, (select default_tenant_id from users where id = ?5)), ?14, ?15 where ?4 not in ",
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
    /// The user.
    pub user_id: Option<&'a UserId>,
    /// The client's number.
    pub client: Option<ClientNumber>,
    /// The session.
    pub session_id: Option<&'a SessionId>,
    /// The network address of the caller.
    pub address: Option<&'a str>,
    /// ISO country code.
    pub country: Option<&'a str>,
    /// What the caller calls itself.
    pub user_agent: Option<&'a str>,
    /// The platform's id of the request.
    pub ray: Option<&'a str>,
    /// The tenant; that of the user unless it is said.
    pub tenant: Option<&'a str>,
    /// What an administrator's act was done to.
    pub target: Option<&'a str>,
    /// The values before and after, as JSON.
    pub detail: Option<&'a str>,
}

/// Adds a row; a refusal beyond the account's share for this hour is counted only. Says whether there
/// is a row.
pub fn insert(id: &str, activity: &Activity<'_>, now: Timestamp) -> impl Batch<Output = bool> {
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
        activity.address,
        activity.country,
        activity.user_agent,
        activity.ray,
        REFUSALS_PER_HOUR,
        activity.tenant,
        activity.target,
        activity.detail
    );
    let left_out = sql!(COUNT_IF_LEFT_OUT, hour_of(now), kind, id);
    (insert.changes(), left_out.run()).map(|(inserted, ())| inserted > 0)
}
