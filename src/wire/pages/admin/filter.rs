//! The question of a list, from what was typed into its filters, as the API's `filter` and `where`.

use serde_json::{Map, Value, json};

use super::screen::List;
use crate::wire::incoming::Incoming;

/// Rows on a page.
pub const PER_PAGE: usize = 25;
/// The longest text that is searched for, in bytes: that of the database's patterns.
const MAX_SEARCHED: usize = 40;

/// What is asked of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What is searched for.
    pub text: String,
    /// The column that is searched.
    pub column: String,
    /// The chosen rows.
    pub choice: String,
    /// How many rows are left out.
    pub skip: usize,
    /// The condition.
    pub condition: Map<String, Value>,
}

impl Question {
    /// Reads the query of a page.
    pub fn of(incoming: &Incoming, list: &List) -> Self {
        let given = |name| incoming.query(name).unwrap_or_default().trim().to_owned();
        let (text, column, choice) = (given("q"), given("in"), given("only"));
        let mut condition = Map::new();
        let mut options = list.choice.iter().flat_map(|choice| choice.options);
        if let Some((_, _, rows)) = options.find(|(name, _, _)| *name == choice)
            && let Ok(Value::Object(rows)) = serde_json::from_str(rows)
        {
            condition.extend(rows);
        }
        let search = list.search.iter().find(|search| search.property == column);
        if let Some(search) = search.or_else(|| list.search.first())
            && !text.is_empty()
        {
            let test = match search.begins {
                true => json!({ "ilike": beginning(&text) }),
                false => Value::from(text.as_str()),
            };
            condition.insert(search.property.to_owned(), test);
        }
        Self {
            text,
            column,
            choice,
            skip: given("skip").parse().unwrap_or(0),
            condition,
        }
    }

    /// The `filter` of a page of rows, one more than it shows.
    pub fn filter(&self, list: &List) -> Value {
        let mut filter = json!({
            "where": self.condition,
            "limit": PER_PAGE + 1,
            "skip": self.skip,
        });
        if let (Some(order), Some(filter)) = (list.order, filter.as_object_mut()) {
            filter.insert("order".to_owned(), json!([order]));
        }
        filter
    }
}

/// The pattern of what begins with a text.
fn beginning(text: &str) -> String {
    let mut pattern = String::new();
    for char in text.chars() {
        if matches!(char, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        if pattern.len() + char.len_utf8() > MAX_SEARCHED {
            break;
        }
        pattern.push(char);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::incoming::{Body, Method};
    use crate::wire::pages::admin::all::SCREENS;

    fn people(query: &str) -> Question {
        let body = Body::Bytes(vec![]);
        let incoming = Incoming::new(Method::Get, "/", query, vec![], body);
        Question::of(&incoming, &SCREENS.first().unwrap().list)
    }

    #[test]
    fn what_is_typed_is_searched_for_in_a_column_of_the_list_and_means_itself() {
        let condition = |query| Value::Object(people(query).condition);
        assert_eq!(condition(""), json!({}));
        assert_eq!(
            condition("q=a%25_b"),
            json!({ "email": { "ilike": "a\\%\\_b%" } })
        );
        assert_eq!(
            condition("q=x&in=id&only=2"),
            json!({ "status": 2, "id": "x" })
        );
        // No other column, and no other condition, can be named.
        assert_eq!(
            condition("q=x&in=passwordHash"),
            json!({ "email": { "ilike": "x%" } })
        );
        assert_eq!(condition("only=%7B%7D&where=%7B%7D"), json!({}));
    }

    #[test]
    fn a_page_asks_for_one_row_more_than_it_shows() {
        let list = &SCREENS.first().unwrap().list;
        let filter = people("skip=25").filter(list);
        assert_eq!(
            filter,
            json!({ "where": {}, "limit": 26, "skip": 25, "order": ["username ASC"] })
        );
        assert_eq!(people("skip=-1").skip, 0);
    }
}
