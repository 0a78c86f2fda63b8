//! A page of people as ServiceStack asks for it, in LoopBack's words.

use serde_json::{Value, json};

use super::person::{property_of, refused};
use crate::auth::management::tables::USERS;
use crate::error::{Error, ErrorKind};
use crate::wire::document::Pairs;
use crate::wire::loopback::filter::Filter;
use crate::wire::servicestack::dto::AdminRequest;
use crate::wire::servicestack::failure::ServiceStackFailure;

/// The longest beginning that is searched for, in bytes; D1's patterns end at 50.
const MAX_SEARCHED: usize = 45;

/// The page that is asked for. A search is for the beginning of the username, or of the address where
/// there is an `@` in it, which an index answers.
pub fn filter(asked: &AdminRequest, skip: i64) -> Result<Filter, ServiceStackFailure> {
    let take = asked.take.unwrap_or(100).clamp(1, 1_000);
    let order = asked.order_by.as_deref().map(order_of).transpose()?;
    let text = asked.query.as_deref().unwrap_or_default();
    let column = if text.contains('@') {
        "email"
    } else {
        "username"
    };
    let filter = json!({
        "limit": take,
        "skip": skip,
        "order": order.into_iter().collect::<Vec<_>>(),
        "where": match text {
            "" => json!({}),
            text => json!({ column: { "ilike": format!("{}%", beginning(text)) } }),
        },
    });
    let pair = ("filter".to_owned(), Value::to_string(&filter));
    let pairs = Pairs::new([pair].into_iter())
        .map_err(|_| ErrorKind::BadRequest("Query cannot be read".to_owned()))?;
    Filter::parse(&USERS, &pairs).map_err(refused)
}

/// What a pattern of D1 may hold of the beginning of a text, escaped.
fn beginning(text: &str) -> String {
    let mut escaped = String::new();
    for char in text.chars() {
        if escaped.len() + char.len_utf8() >= MAX_SEARCHED {
            break;
        }
        if matches!(char, '\\' | '%' | '_') {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}

/// `-Name`, `Name DESC` or `Name` as LoopBack has an order.
fn order_of(text: &str) -> Result<String, Error> {
    let (name, is_down) = match text.strip_prefix('-') {
        Some(name) => (name, true),
        None => match text.rsplit_once(' ') {
            Some((name, way)) => (name, way.eq_ignore_ascii_case("desc")),
            None => (text, false),
        },
    };
    let unknown = || ErrorKind::BadRequest("OrderBy names no member of a person".to_owned());
    let property = property_of(name.trim()).ok_or_else(unknown)?;
    Ok(format!(
        "{property} {}",
        if is_down { "DESC" } else { "ASC" }
    ))
}
