//! Conditions evaluated on a row: the answer that SQL would give.

use std::borrow::Cow;

use super::condition::{Comparison, Condition, Test, Where};
use super::row::{Scalar, TableRow};

impl Where {
    /// Whether a row that is not deleted is meant.
    pub fn matches(&self, row: &TableRow) -> bool {
        self.0.matches(row)
    }
}

impl Condition {
    /// SQL's "unknown" is simply false here: no `not` above it could distinguish them.
    fn matches(&self, row: &TableRow) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(row)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(row)),
            Self::Is(column, test) => test.passes(row.value(column)),
        }
    }
}

impl Test {
    fn passes(&self, value: Option<&Scalar>) -> bool {
        let Some(value) = value else {
            return match self {
                Self::Null => true,
                Self::NoneOf(list) => list.is_empty(),
                _ => false,
            };
        };
        match self {
            Self::Never | Self::Null => false,
            Self::NotNull => true,
            Self::Compare(how, to) => how.holds(value, to),
            Self::OneOf(list) => list.binary_search(value).is_ok(),
            Self::NoneOf(list) => list.binary_search(value).is_err(),
            Self::Like {
                pattern,
                ignores_case,
                negated,
            } => pattern.matches(&as_text(value), *ignores_case) != *negated,
            Self::Regexp(expression) => expression.is_match(&as_text(value)),
        }
    }
}

impl Comparison {
    /// Text compares by its bytes, as in D1.
    fn holds(self, value: &Scalar, to: &Scalar) -> bool {
        match self {
            Self::Equal => value == to,
            Self::NotEqual => value != to,
            Self::Greater => value > to,
            Self::GreaterOrEqual => value >= to,
            Self::Less => value < to,
            Self::LessOrEqual => value <= to,
        }
    }
}

fn as_text(value: &Scalar) -> Cow<'_, str> {
    match value {
        Scalar::Integer(number) => Cow::Owned(number.to_string()),
        Scalar::Text(text) => Cow::Borrowed(text),
    }
}
