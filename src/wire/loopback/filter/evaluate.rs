//! Conditions that D1 cannot say, evaluated here over the columns they need.

use super::coerce::Scalar;
use super::column::{Cell, ClientRow, Column};
use super::condition::{Condition, Where};
use super::operator::{Comparison, Test};
use super::sql::Clause;
use crate::error::Error;

/// How many live rows may be looked through.
pub const MAX_ROWS: usize = 10_000;

impl Where {
    /// The statement that reads what [`Self::select`] needs: one row more than may be looked through.
    pub fn scan(&self) -> String {
        let mut columns = vec!["id"];
        collect(&self.0, &mut columns);
        let limit = MAX_ROWS + 1;
        format!(
            "select {} from auth_clients where deleted = 0 order by id limit {limit}",
            columns.join(", ")
        )
    }

    /// The clause of those among the scanned rows that are meant; 400 if there are too many to scan.
    pub fn select(&self, rows: &[ClientRow]) -> Result<Clause, Error> {
        if rows.len() > MAX_ROWS {
            return Err(Error::BadRequest(format!(
                "More than {MAX_ROWS} clients: use a condition without regexp, long patterns or \
                 letters beyond ASCII"
            )));
        }
        let ids: Vec<i64> = rows
            .iter()
            .filter(|row| self.matches(row))
            .map(|row| row.id)
            .collect();
        Ok(Clause::of_ids(&ids))
    }

    /// Whether a live row is meant: the answer that SQL would give.
    pub fn matches(&self, row: &ClientRow) -> bool {
        holds(&self.0, row)
    }
}

fn collect(condition: &Condition, columns: &mut Vec<&'static str>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            for part in parts {
                collect(part, columns);
            }
        }
        Condition::Is(column, _) => {
            if !columns.contains(&column.name) {
                columns.push(column.name);
            }
        }
    }
}

/// SQL's "unknown" is simply false here: there is no `not` above it that could tell them apart.
fn holds(condition: &Condition, row: &ClientRow) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().all(|part| holds(part, row)),
        Condition::Any(parts) => parts.iter().any(|part| holds(part, row)),
        Condition::Is(column, test) => passes(column, test, row),
    }
}

fn passes(column: &Column, test: &Test, row: &ClientRow) -> bool {
    let cell = column.cell(row);
    let value = match (test, cell) {
        (Test::Never, _) => return false,
        (Test::Null, _) => return cell == Cell::Null,
        (Test::NoneOf(list), _) if list.is_empty() => return true,
        (_, Cell::Null) => return false,
        (_, Cell::Integer(number)) => Scalar::Integer(number),
        (_, Cell::Text(text)) => Scalar::Text(text.to_owned()),
    };
    match test {
        Test::Never | Test::Null => false,
        Test::NotNull => true,
        Test::Compare(how, to) => compares(*how, &value, to),
        Test::OneOf(list) => list.binary_search(&value).is_ok(),
        Test::NoneOf(list) => list.binary_search(&value).is_err(),
        Test::Like {
            pattern,
            canonical_name,
            negated,
        } => pattern.matches(&as_text(value), *canonical_name) != *negated,
        Test::Regexp(expression) => expression.is_match(&as_text(value)),
    }
}

/// Text compares by its bytes, as in D1.
fn compares(how: Comparison, value: &Scalar, to: &Scalar) -> bool {
    match how {
        Comparison::Equal => value == to,
        Comparison::NotEqual => value != to,
        Comparison::Greater => value > to,
        Comparison::GreaterOrEqual => value >= to,
        Comparison::Less => value < to,
        Comparison::LessOrEqual => value <= to,
    }
}

fn as_text(value: Scalar) -> String {
    match value {
        Scalar::Integer(number) => number.to_string(),
        Scalar::Text(text) => text,
    }
}
