//! `where`: which rows are meant.

use serde_json::{Map, Value};

use super::coerce::scalar;
use super::column::Column;
use super::operator::{Test, equal, tests};
use super::parameter::{Parameter, Refusal};
use crate::error::{Detail, Error};
use crate::wire::document::{Pairs, pointer};

/// How deep `and` and `or` may be nested.
const MAX_DEPTH: usize = 8;
/// How many conditions there may be; `between` counts as two.
const MAX_CONDITIONS: usize = 100;

/// Which live rows are meant. The default is all of them.
#[derive(Debug, Clone, Default)]
pub struct Where(pub(super) Condition);

/// A condition in its shortest form: no group has one member, or a group of its own kind, in it.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    /// Every one of them; none at all is always true.
    All(Vec<Condition>),
    /// At least one of them; never empty.
    Any(Vec<Condition>),
    /// A column passes a test.
    Is(&'static Column, Test),
}

impl Default for Condition {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Where {
    /// Reads the `where` parameter of a query; nothing if there is none.
    ///
    /// `where={}` is something: all rows.
    pub fn parse(query: &Pairs) -> Result<Option<Self>, Error> {
        let Some(parameter) = Parameter::find("where", query)? else {
            return Ok(None);
        };
        Self::read(&parameter.value, "")
            .map(Some)
            .map_err(|detail| parameter.refuse(&detail))
    }

    /// Reads a where object that is found at `path`.
    pub(super) fn read(value: &Value, path: &str) -> Result<Self, Refusal> {
        let mut reader = ConditionReader { conditions: 0 };
        reader.object(value, path, 0).map(Self)
    }
}

struct ConditionReader {
    conditions: usize,
}

impl ConditionReader {
    fn object(&mut self, value: &Value, path: &str, depth: usize) -> Result<Condition, Refusal> {
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
                    let column = Column::named(name, path, &at)?;
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
    ) -> Result<Vec<Condition>, Refusal> {
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
    ) -> Result<Vec<Condition>, Refusal> {
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
/// `options` beside an operator says how some databases should look; ours, like the original's,
/// does not listen. An empty object equals nothing.
fn operations(
    column: &Column,
    operators: &Map<String, Value>,
    path: &str,
) -> Result<Vec<Test>, Refusal> {
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

impl Condition {
    /// All of these, in the shortest form.
    fn all(conditions: Vec<Self>) -> Self {
        let mut flat = Vec::new();
        for condition in conditions {
            match condition {
                Self::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.pop() {
            Some(only) if flat.is_empty() => only,
            last => {
                flat.extend(last);
                Self::All(flat)
            }
        }
    }
}

/// At least one of these, in the shortest form.
///
/// A branch that asks nothing is left out, as the original leaves it out; an `or` of which
/// nothing is left is refused, or an update would reach every row.
fn any(conditions: Vec<Condition>, path: &str) -> Result<Condition, Refusal> {
    let mut flat = Vec::new();
    for condition in conditions {
        match condition {
            Condition::All(inner) if inner.is_empty() => {}
            Condition::Any(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    match flat.pop() {
        None => Err(Detail::pattern(path, "must have at least 1 condition").into()),
        Some(only) if flat.is_empty() => Ok(only),
        Some(last) => {
            flat.push(last);
            Ok(Condition::Any(flat))
        }
    }
}
