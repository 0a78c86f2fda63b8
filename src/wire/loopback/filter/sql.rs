//! A filter as SQL for D1: column names from the table, every value bound.
//!
//! D1 takes 100 bound values a statement, patterns of 50 bytes, expressions 100 deep, has no
//! `regexp`, and folds ASCII only. What does not fit is evaluated (see [`super::evaluate`]).

use super::coerce::Scalar;
use super::column::Column;
use super::condition::{Condition, Where};
use super::operator::{Comparison, Test};
use super::order::Direction;
use super::parse::Filter;
use super::pattern::Pattern;

/// The longest pattern of GLOB and LIKE, in bytes.
const MAX_PATTERN: usize = 50;
/// How many values a condition may bind; the rest of D1's 100 is for the statement it goes into.
const MAX_VALUES: usize = 80;

/// The end of a statement over `auth_clients`, and what to bind to its `?` in their order, after
/// whatever the statement itself binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// `where …`, and for a page also `order by … limit … offset …`.
    pub sql: String,
    /// The values to bind. Integers may be bound as doubles, which hold them exactly.
    pub values: Vec<Scalar>,
}

impl Where {
    /// The `where` clause; nothing if D1 cannot say it and the rows must be evaluated.
    pub fn clause(&self) -> Option<Clause> {
        let mut values = Vec::new();
        let sql = match &self.0 {
            Condition::All(none) if none.is_empty() => "where deleted = 0".to_owned(),
            condition => format!("where deleted = 0 and {}", write(condition, &mut values)?),
        };
        (values.len() <= MAX_VALUES).then_some(Clause { sql, values })
    }
}

impl Clause {
    /// The `where` clause of these rows, however many: they are one bound value.
    pub fn of_ids(ids: &[i64]) -> Self {
        Self {
            sql: "where deleted = 0 and id in (select value from json_each(?))".to_owned(),
            values: vec![json_array(ids)],
        }
    }
}

impl Filter {
    /// The end of the statement that reads a page of the rows that `clause` names.
    ///
    /// The id comes last in every order, so that pages do not overlap.
    #[must_use]
    pub fn page(&self, mut clause: Clause) -> Clause {
        let mut order: Vec<String> = self
            .order
            .iter()
            .map(|&(column, direction)| order_term(column, direction))
            .collect();
        if !self.order.iter().any(|(column, _)| column.name == "id") {
            order.push("id".to_owned());
        }
        clause.sql = format!(
            "{} order by {} limit ? offset ?",
            clause.sql,
            order.join(", ")
        );
        let bounds = [self.limit, self.skip].map(Scalar::Integer);
        clause.values.extend(bounds);
        clause
    }
}

/// Postgres takes null for the largest value; D1 has to be told.
fn order_term(column: &Column, direction: Direction) -> String {
    let (direction, nulls) = match direction {
        Direction::Ascending => ("", " nulls last"),
        Direction::Descending => (" desc", " nulls first"),
    };
    let nulls = if column.nullable { nulls } else { "" };
    format!("{}{direction}{nulls}", column.name)
}

fn write(condition: &Condition, values: &mut Vec<Scalar>) -> Option<String> {
    match condition {
        Condition::All(parts) => Some(balanced(written(parts, values)?, "and")),
        Condition::Any(parts) => Some(balanced(written(parts, values)?, "or")),
        Condition::Is(column, test) => is(column.name, test, values),
    }
}

fn written(parts: &[Condition], values: &mut Vec<Scalar>) -> Option<Vec<String>> {
    parts.iter().map(|part| write(part, values)).collect()
}

/// Joins expressions as a balanced tree: a hundred of them are seven deep, not a hundred.
fn balanced(mut parts: Vec<String>, operator: &str) -> String {
    while parts.len() > 1 {
        parts = parts
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => format!("({left} {operator} {right})"),
                alone => alone.concat(),
            })
            .collect();
    }
    parts.concat()
}

fn is(name: &str, test: &Test, values: &mut Vec<Scalar>) -> Option<String> {
    let (sql, value) = match test {
        Test::Never => return Some("false".to_owned()),
        Test::Null => return Some(format!("{name} is null")),
        Test::NotNull => return Some(format!("{name} is not null")),
        Test::Compare(how, to) => (format!("{name} {} ?", symbol(*how)), to.clone()),
        Test::OneOf(list) => (listed(name, "in"), json_array(list)),
        Test::NoneOf(list) => (listed(name, "not in"), json_array(list)),
        Test::Like {
            pattern,
            canonical_name,
            negated,
        } => like(name, pattern, *canonical_name, *negated)?,
        Test::Regexp(_) => return None,
    };
    values.push(value);
    Some(sql)
}

const fn symbol(how: Comparison) -> &'static str {
    match how {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
    }
}

fn listed(name: &str, operator: &str) -> String {
    format!("{name} {operator} (select value from json_each(?))")
}

fn json_array<T: serde::Serialize>(items: &[T]) -> Scalar {
    Scalar::Text(serde_json::json!(items).to_string())
}

fn like(
    name: &str,
    pattern: &Pattern,
    canonical_name: bool,
    negated: bool,
) -> Option<(String, Scalar)> {
    let not = if negated { "not " } else { "" };
    let (text, sql) = if canonical_name {
        let text = pattern.like();
        // D1 would take É and é for two letters.
        let folds = text.is_ascii();
        let sql = format!("{name} {not}like ? escape '\\'");
        (folds.then_some(text)?, sql)
    } else {
        (pattern.glob(), format!("{name} {not}glob ?"))
    };
    (text.len() <= MAX_PATTERN).then_some((sql, Scalar::Text(text)))
}
