//! Distinct people who signed in, by day or month.

use serde_json::json;

use super::query::{Query, sql};
use super::row::{FromRow, Row, Unreadable};
use crate::auth::time::Timestamp;

// ?1 and ?2 the time, ?3 how a period is written, ?4 the tenant (null: all), ?5 and ?7 the ids and
// usernames of the people who alone count or do not, ?6 whether they alone do (null: everybody counts).
const COUNTS: &str = "select strftime(?3, l.at / 1000, 'unixepoch') as period, count(distinct l.user_id) as people \
     from login_activity l \
     where l.kind = 'sign-in' and l.result = 'ok' and l.at >= ?1 and l.at < ?2 and l.user_id is not null \
       and (?4 is null or l.tenant_id = ?4) \
       and (?6 is null or (l.user_id in ( \
         select x.value from json_each(?5) x \
         union select u.id from json_each(?7) x cross join users u on u.username_key = x.value and u.deleted = 0)) = ?6) \
     group by period order by period";

/// A period and how many people signed in then.
pub struct ActiveUsers {
    /// The day or month.
    pub period: String,
    /// How many distinct people.
    pub people: i64,
}

/// What is counted.
pub struct Counted<'a> {
    /// The beginning.
    pub from: Timestamp,
    /// The end, which is not part of it.
    pub until: Timestamp,
    /// How a period is written, as `strftime` has it.
    pub period: &'a str,
    /// The tenant; nothing for all.
    pub tenant: Option<&'a str>,
    /// The people who alone count, or who do not.
    pub people: Option<Chosen>,
}

/// People, by ids or folded usernames.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Ids.
    pub ids: Vec<String>,
    /// Folded usernames.
    pub usernames: Vec<String>,
    /// Whether they alone count, or all others.
    pub alone: bool,
}

impl FromRow for ActiveUsers {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            period: row.get("period")?,
            people: row.get("people")?,
        })
    }
}

/// Counts people by period.
pub fn count(counted: &Counted<'_>) -> Query<Vec<ActiveUsers>> {
    let people = counted.people.as_ref();
    let list = |names: fn(&Chosen) -> &Vec<String>| json!(people.map(names)).to_string();
    sql!(
        COUNTS,
        counted.from,
        counted.until,
        counted.period,
        counted.tenant,
        list(|chosen| &chosen.ids),
        people.map(|chosen| chosen.alone),
        list(|chosen| &chosen.usernames)
    )
    .all()
}
