//! `where`: which rows are meant.

use serde_json::{Map, Value};

use super::coerce::scalar;
use super::column::comparable;
use super::operator::{equal, tests};
use super::parameter::{FilterError, Parameter};
use crate::auth::table::column::{Column, Table};
use crate::auth::table::condition::{Condition, Test, Where};
use crate::wire::document::{Pairs, pointer};
use crate::wire::loopback::detail::Detail;
use crate::wire::loopback::failure::LoopbackFailure;

/// How deep `and` and `or` may be nested.
const MAX_DEPTH: usize = 8;
/// How many conditions there may be; `between` counts as two.
const MAX_CONDITIONS: usize = 100;

/// Reads the `where` parameter of a query; nothing if there is none.
///
/// `where={}` is something: all rows.
pub fn parse_where(table: &'static Table, query: &Pairs) -> Result<Option<Where>, LoopbackFailure> {
    let Some(parameter) = Parameter::find("where", query)? else {
        return Ok(None);
    };
    read(table, &parameter.value, "")
        .map(Some)
        .map_err(|detail| parameter.refuse(&detail))
}

/// Reads a where object that is found at `path`.
pub(super) fn read(table: &'static Table, value: &Value, path: &str) -> Result<Where, FilterError> {
    let mut reader = ConditionReader {
        table,
        conditions: 0,
    };
    reader.object(value, path, 0).map(Where::new)
}

struct ConditionReader {
    table: &'static Table,
    conditions: usize,
}

impl ConditionReader {
    fn object(
        &mut self,
        value: &Value,
        path: &str,
        depth: usize,
    ) -> Result<Condition, FilterError> {
        let Value::Object(members) = value else {
            return Err(Detail::wrong_type(path, "object").into());
        };
        let mut all = Vec::new();
        for (name, value) in members {
            let at = pointer(path, name);
            match name.as_str() {
                "and" => all.extend(self.clauses(value, &at, depth)?),
                "or" => all.push(any(self.clauses(value, &at, depth)?, &at)?),
                _ => {
                    let column = comparable(self.table, name, path, &at)?;
                    all.extend(self.property(column, value, &at)?);
                }
            }
        }
        Ok(Condition::all(all))
    }

    fn clauses(
        &mut self,
        value: &Value,
        path: &str,
        depth: usize,
    ) -> Result<Vec<Condition>, FilterError> {
        let Value::Array(clauses) = value else {
            return Err(Detail::wrong_type(path, "array").into());
        };
        if depth == MAX_DEPTH {
            return Err(Detail::pattern(path, "must NOT be nested this deep").into());
        }
        clauses
            .iter()
            .enumerate()
            .map(|(at, clause)| self.object(clause, &pointer(path, &at.to_string()), depth + 1))
            .collect()
    }

    fn property(
        &mut self,
        column: &'static Column,
        value: &Value,
        path: &str,
    ) -> Result<Vec<Condition>, FilterError> {
        let tests = match value {
            Value::Object(operators) => operations(column, operators, path)?,
            _ => vec![equal(scalar(column, value, path)?)],
        };
        self.conditions = self.conditions.saturating_add(tests.len());
        if self.conditions > MAX_CONDITIONS {
            let message = "must NOT have more than 100 conditions";
            return Err(Detail::pattern("", message).into());
        }
        let is = |test| Condition::Is(column, test);
        Ok(tests.into_iter().map(is).collect())
    }
}

/// The tests of `{operator: operand, …}`: all of them must pass.
///
/// `options` beside an operator is for some databases, and is ignored as by the original's. An empty
/// object equals nothing.
fn operations(
    column: &Column,
    operators: &Map<String, Value>,
    path: &str,
) -> Result<Vec<Test>, FilterError> {
    let mut all = Vec::new();
    for (operator, operand) in operators {
        if operator == "options" && operators.len() > 1 {
            continue;
        }
        all.extend(tests(column, operator, operand, &pointer(path, operator))?);
    }
    if all.is_empty() {
        all.push(Test::Never);
    }
    Ok(all)
}

/// At least one of these. An `or` whose branches all mean every row is rejected, or an update would
/// reach every row.
fn any(conditions: Vec<Condition>, path: &str) -> Result<Condition, FilterError> {
    Condition::any(conditions)
        .ok_or_else(|| Detail::pattern(path, "must have at least 1 condition").into())
}
