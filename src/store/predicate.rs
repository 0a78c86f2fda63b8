//! Conditions as SQL: what D1 can say of them, every value bound.

use crate::auth::account::canonical_name;
use crate::auth::table::column::{Column, Folded};
use crate::auth::table::condition::{Comparison, Condition, Test};
use crate::auth::table::pattern::Pattern;
use crate::auth::table::row::Scalar;

/// The longest pattern of GLOB and LIKE, in bytes.
const MAX_PATTERN: usize = 50;

/// A condition; nothing if D1 cannot say it. Its values are added to `values` in the order of their `?`.
pub(super) fn write(condition: &Condition, values: &mut Vec<Scalar>) -> Option<String> {
    match condition {
        Condition::All(parts) => Some(balanced(written(parts, values)?, "and")),
        Condition::Any(parts) => Some(balanced(written(parts, values)?, "or")),
        Condition::Is(column, test) => is(column, test, values),
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

fn is(column: &Column, test: &Test, values: &mut Vec<Scalar>) -> Option<String> {
    let name = column.sql;
    let narrowed = column
        .folded
        .and_then(|folded| narrow(folded, test, values));
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
    Some(match narrowed {
        Some(narrowed) => format!("({narrowed} and {sql})"),
        None => sql,
    })
}

/// Whether a test is one that an index of the column's folded twin answers.
pub fn is_narrow(column: &Column, test: &Test) -> bool {
    let narrow = |folded| narrow(folded, test, &mut Vec::new()).is_some();
    column.folded.is_some_and(narrow)
}

/// What a test says of the folded twin of its column, so that an index finds the rows.
fn narrow(folded: Folded, test: &Test, values: &mut Vec<Scalar>) -> Option<String> {
    let fold = |text: &str| match folded {
        Folded::Name(_) => canonical_name(text),
        Folded::Ascii(_) => text.trim().to_ascii_lowercase(),
        Folded::Exact(_) => text.to_owned(),
    };
    let name = folded.sql();
    match test {
        Test::Compare(Comparison::Equal, Scalar::Text(text)) => {
            values.push(Scalar::Text(fold(text)));
            Some(format!("{name} = ?"))
        }
        Test::OneOf(list) => {
            let texts: Vec<_> = list.iter().filter_map(Scalar::as_text).map(fold).collect();
            values.push(json_array(&texts));
            Some(listed(name, "in"))
        }
        Test::Like {
            pattern,
            negated: false,
            ..
        } => {
            let prefix = pattern.prefix()?;
            if matches!(folded, Folded::Exact(_)) {
                return None;
            }
            let end = format!("{prefix}\u{10ffff}");
            values.extend([prefix, end].map(Scalar::Text));
            Some(format!("{name} between ? and ?"))
        }
        _ => None,
    }
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

pub(super) fn listed(name: &str, operator: &str) -> String {
    format!("{name} {operator} (select value from json_each(?))")
}

pub(super) fn json_array<T: serde::Serialize>(items: &[T]) -> Scalar {
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
