//! Conditions on clients as SQL for D1: column names from the table, every value bound.
//!
//! D1 takes 100 bound values a statement, patterns of 50 bytes, expressions 100 deep, has no
//! `regexp`, and folds ASCII only. A condition beyond that is evaluated on the rows of a [`scan`].

use crate::auth::client::column::Column;
use crate::auth::client::condition::{Comparison, Condition, Test, Where};
use crate::auth::client::page::{Direction, Page};
use crate::auth::client::pattern::Pattern;
use crate::auth::client::row::{ClientRow, Scalar};
use crate::auth::id::ClientNumber;
use crate::error::Error;

/// The longest pattern of GLOB and LIKE, in bytes.
const MAX_PATTERN: usize = 50;
/// How many values a condition may bind; the rest of D1's 100 is for the statement it goes into.
const MAX_VALUES: usize = 80;
/// How many rows may be scanned.
const MAX_ROWS: usize = 10_000;

/// The end of a statement over `auth_clients`, and what to bind to its `?` in their order, after
/// the values of the statement itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// `where …`, and for a page also `order by … limit … offset …`.
    pub sql: String,
    /// The values to bind. Integers may be bound as doubles, which hold them exactly.
    pub values: Vec<Scalar>,
}

impl Clause {
    /// The `where` clause of the rows that are meant; nothing if D1 cannot say it and a [`scan`] must
    /// find them.
    pub fn of(rows: &Where) -> Option<Self> {
        let mut values = Vec::new();
        let sql = match rows.condition() {
            Condition::All(none) if none.is_empty() => "where deleted = 0".to_owned(),
            condition => format!("where deleted = 0 and {}", write(condition, &mut values)?),
        };
        (values.len() <= MAX_VALUES).then_some(Self { sql, values })
    }

    /// The `where` clause of the rows that are meant among those of a [`scan`]; 400 if there are too
    /// many to scan.
    pub fn among(scanned: &[ClientRow], rows: &Where) -> Result<Self, Error> {
        if scanned.len() > MAX_ROWS {
            return Err(Error::BadRequest(format!(
                "More than {MAX_ROWS} clients: use a condition without regexp, long patterns or \
                 letters beyond ASCII"
            )));
        }
        let meant = scanned.iter().filter(|row| rows.matches(row));
        Ok(Self::of_ids(&meant.map(|row| row.id).collect::<Vec<_>>()))
    }

    /// The `where` clause of these rows, however many: they are one bound value.
    pub fn of_ids(ids: &[ClientNumber]) -> Self {
        Self {
            sql: "where deleted = 0 and id in (select value from json_each(?))".to_owned(),
            values: vec![json_array(ids)],
        }
    }

    /// The clause of a page of its rows.
    ///
    /// The id comes last in every order, so that pages do not overlap.
    #[must_use]
    pub fn page(mut self, page: &Page) -> Self {
        let order = page.order.iter();
        let mut order: Vec<String> = order
            .map(|&(column, direction)| order_term(column, direction))
            .collect();
        if !page.order.iter().any(|(column, _)| column.is_id()) {
            order.push("id".to_owned());
        }
        let order = order.join(", ");
        self.sql = format!("{} order by {order} limit ? offset ?", self.sql);
        self.values
            .extend([page.limit, page.skip].map(Scalar::Integer));
        self
    }
}

/// The statement that reads the columns a condition is about, of every client: one row more than may
/// be scanned, so that too many are noticed.
pub fn scan(rows: &Where) -> String {
    let mut columns = Vec::new();
    rows.condition().columns(&mut columns);
    let others = columns.iter().filter(|column| !column.is_id());
    let names = ["id"].into_iter().chain(others.map(|column| column.name));
    let names: Vec<_> = names.collect();
    format!(
        "select {} from auth_clients where deleted = 0 order by id limit {}",
        names.join(", "),
        MAX_ROWS + 1
    )
}

/// In Postgres null is the largest value; in D1 the statement must say so.
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
            ignores_case,
            negated,
        } => like(name, pattern, *ignores_case, *negated)?,
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
    ignores_case: bool,
    negated: bool,
) -> Option<(String, Scalar)> {
    let not = if negated { "not " } else { "" };
    let (text, sql) = if ignores_case {
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
