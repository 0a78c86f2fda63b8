//! What a `where` asks of one column: an operator and what it compares with.

use regex_lite::RegexBuilder;
use serde_json::Value;

use super::coerce::scalar;
use super::parameter::FilterError;
use crate::auth::table::column::{Column, ColumnKind};
use crate::auth::table::condition::{Comparison, Test};
use crate::auth::table::pattern::Pattern;
use crate::auth::table::row::Scalar;
use crate::wire::document::pointer;
use crate::wire::loopback::detail::Detail;

/// The longest pattern, in bytes.
const MAX_PATTERN: usize = 256;
/// The largest compiled expression, in bytes; it bounds what one row may cost.
const MAX_COMPILED: usize = 1 << 14;

/// The tests of one `{operator: operand}`; `between` makes two.
pub(super) fn tests(
    column: &Column,
    operator: &str,
    operand: &Value,
    path: &str,
) -> Result<Vec<Test>, FilterError> {
    let one = || scalar(column, operand, path);
    let compare = |how| Ok::<_, FilterError>(against(how, one()?));
    let test = match operator {
        "eq" => equal(one()?),
        "neq" => one()?.map_or(Test::NotNull, |to| Test::Compare(Comparison::NotEqual, to)),
        "gt" => compare(Comparison::Greater)?,
        "gte" => compare(Comparison::GreaterOrEqual)?,
        "lt" => compare(Comparison::Less)?,
        "lte" => compare(Comparison::LessOrEqual)?,
        "between" => return between(column, operand, path),
        "inq" => Test::OneOf(sorted(scalars(column, operand, path)?)),
        "nin" => none_of(scalars(column, operand, path)?),
        "like" => like(column, operand, path, false, false)?,
        "nlike" => like(column, operand, path, false, true)?,
        "ilike" => like(column, operand, path, true, false)?,
        "nilike" => like(column, operand, path, true, true)?,
        "regexp" => regexp(column, operand, path)?,
        // `exists` and all others: no row and no error, as in the original.
        _ => Test::Never,
    };
    Ok(vec![test])
}

/// The test of a plain value: it is that value, or it is null.
pub(super) fn equal(value: Option<Scalar>) -> Test {
    value.map_or(Test::Null, |to| Test::Compare(Comparison::Equal, to))
}

fn against(how: Comparison, to: Option<Scalar>) -> Test {
    to.map_or(Test::Never, |to| Test::Compare(how, to))
}

fn between(column: &Column, operand: &Value, path: &str) -> Result<Vec<Test>, FilterError> {
    match scalars(column, operand, path)?.as_slice() {
        [from, to] => Ok(vec![
            against(Comparison::GreaterOrEqual, from.clone()),
            against(Comparison::LessOrEqual, to.clone()),
        ]),
        _ => Err(Detail::pattern(path, "must have exactly 2 values").into()),
    }
}

fn scalars(
    column: &Column,
    operand: &Value,
    path: &str,
) -> Result<Vec<Option<Scalar>>, FilterError> {
    let Value::Array(items) = operand else {
        return Err(Detail::wrong_type(path, "array").into());
    };
    items
        .iter()
        .enumerate()
        .map(|(at, item)| scalar(column, item, &pointer(path, &at.to_string())))
        .collect()
}

fn sorted(values: Vec<Option<Scalar>>) -> Vec<Scalar> {
    let mut values: Vec<Scalar> = values.into_iter().flatten().collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// With a null among them it cannot be known that a value is none of them (SQL's `not in`).
fn none_of(values: Vec<Option<Scalar>>) -> Test {
    if values.contains(&None) {
        Test::Never
    } else {
        Test::NoneOf(sorted(values))
    }
}

fn like(
    column: &Column,
    operand: &Value,
    path: &str,
    ignores_case: bool,
    negated: bool,
) -> Result<Test, FilterError> {
    // Numbers are compared as text, as the original casts them.
    if !matches!(column.kind, ColumnKind::Text | ColumnKind::Integer) {
        return Err(Detail::pattern(path, "must NOT be about a time or boolean").into());
    }
    let pattern = Pattern::parse(pattern_text(operand, path)?)
        .ok_or_else(|| Detail::pattern(path, "must NOT end with a lone backslash"))?;
    Ok(Test::Like {
        pattern,
        ignores_case,
        negated,
    })
}

fn regexp(column: &Column, operand: &Value, path: &str) -> Result<Test, FilterError> {
    if column.kind != ColumnKind::Text {
        return Err(Detail::pattern(path, "must be about text").into());
    }
    let (expression, flags) = expression(pattern_text(operand, path)?);
    RegexBuilder::new(expression)
        .case_insensitive(flags.contains('i'))
        .size_limit(MAX_COMPILED)
        .build()
        .map(Test::Regexp)
        .map_err(|error| Detail::pattern(path, &error.to_string()).into())
}

/// Takes `/expression/flags` apart. Without flags the slashes belong to the expression; of the
/// flags only `i` means anything: both as in the original.
fn expression(text: &str) -> (&str, &str) {
    text.strip_prefix('/')
        .and_then(|rest| rest.rsplit_once('/'))
        .filter(|(_, flags)| !flags.is_empty() && flags.chars().all(|flag| "igm".contains(flag)))
        .unwrap_or((text, ""))
}

fn pattern_text<'a>(operand: &'a Value, path: &str) -> Result<&'a str, FilterError> {
    let text = operand
        .as_str()
        .ok_or_else(|| Detail::wrong_type(path, "string"))?;
    if text.len() > MAX_PATTERN {
        return Err(Detail::too_long(path, MAX_PATTERN).into());
    }
    Ok(text)
}
