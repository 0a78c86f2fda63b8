//! The question of `GET /active-users/{range}`.

use serde_json::{Value, json};

use super::failure::{InvalidParameter, LoopbackFailure};
use super::filter::{boolean, instant, object};
use crate::auth::account::canonical_name;
use crate::auth::time::{Seconds, Timestamp};
use crate::error::ErrorKind;
use crate::wire::incoming::Incoming;

/// The longest time that is counted over.
const MAX_RANGE: Seconds = Seconds::new(366 * 86_400);

/// A question, as the wire has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveUsersQuery {
    /// The beginning.
    pub from: Timestamp,
    /// The end, which is not part of it.
    pub until: Timestamp,
    /// How a period is written, as `strftime` has it.
    pub period: &'static str,
    /// Ids or folded usernames of people.
    pub people: Option<Named>,
}

/// The people whom a filter names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Whether they alone count, or all others.
    pub alone: bool,
    /// Whether they are named by username.
    pub by_username: bool,
    /// Their ids or folded usernames.
    pub names: Vec<String>,
}

impl ActiveUsersQuery {
    /// Reads path and query: 400 for an unknown range, for times that are none, and for more than a year.
    pub fn read(incoming: &Incoming) -> Result<Self, LoopbackFailure> {
        let period = match incoming.id() {
            "daily" => "%Y-%m-%d",
            "monthly" => "%Y-%m",
            other => return Err(invalid("range", other)),
        };
        let from = time(incoming, "startDate")?;
        let until = time(incoming, "endDate")?;
        if until < from
            || until.duration_since(from).as_millis()
                > u128::from(MAX_RANGE.get().unsigned_abs()) * 1_000
        {
            let text = "endDate must be at or after startDate, and at most 366 days later";
            return Err(ErrorKind::BadRequest(text.to_owned()).into());
        }
        let people = object("filter", &incoming.query)?;
        Ok(Self {
            from,
            until,
            period,
            people: people.map(|filter| named(&filter)).transpose()?,
        })
    }
}

fn time(incoming: &Incoming, name: &'static str) -> Result<Timestamp, LoopbackFailure> {
    let text = incoming.required_query(name)?;
    let millis = instant(&json!(text)).ok_or_else(|| invalid(name, &text))?;
    Ok(Timestamp::from_millis(millis))
}

/// `{inclusion, userIdentity: "username" | "userId", userIdentifier: [..]}`
fn named(filter: &Value) -> Result<Named, LoopbackFailure> {
    let wrong = || invalid("filter", &filter.to_string());
    let alone = filter
        .get("inclusion")
        .and_then(boolean)
        .ok_or_else(wrong)?;
    let by_username = match filter.get("userIdentity").and_then(Value::as_str) {
        Some("username") => true,
        Some("userId" | "userid" | "id") => false,
        _ => return Err(wrong()),
    };
    let names = match filter.get("userIdentifier") {
        Some(Value::Array(names)) => names.iter().map(Value::as_str).collect(),
        Some(Value::String(name)) => Some(vec![name.as_str()]),
        _ => None,
    };
    let fold = |name: &str| {
        if by_username {
            canonical_name(name)
        } else {
            name.to_owned()
        }
    };
    let names: Vec<&str> = names.ok_or_else(wrong)?;
    Ok(Named {
        alone,
        by_username,
        names: names.into_iter().map(fold).collect(),
    })
}

fn invalid(name: &'static str, value: &str) -> LoopbackFailure {
    let (value, details) = (json!(value).to_string(), Value::Null);
    InvalidParameter {
        name,
        value,
        details,
    }
    .into()
}
