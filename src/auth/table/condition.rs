//! The rows that are meant: a condition on the columns of a table, in its shortest form.

use regex_lite::Regex;

use super::column::Column;
use super::pattern::Pattern;
use super::row::Scalar;

/// The rows that are meant, of those that are not deleted. The default is all of them.
#[derive(Debug, Clone, Default)]
pub struct Where(pub(super) Condition);

/// A condition in its shortest form: no group has one member, or a group of its own kind, in it.
#[derive(Debug, Clone)]
pub enum Condition {
    /// Every one of them; none at all is always true.
    All(Vec<Condition>),
    /// At least one of them; never empty.
    Any(Vec<Condition>),
    /// A column passes a test.
    Is(&'static Column, Test),
}

/// A question that a column's value passes or fails.
///
/// Null fails every question but [`Self::Null`] and an empty [`Self::NoneOf`], as in SQL.
#[derive(Debug, Clone)]
pub enum Test {
    /// No value passes.
    Never,
    /// The value is null.
    Null,
    /// The value is not null.
    NotNull,
    /// The value compares so with another one.
    Compare(Comparison, Scalar),
    /// The value is one of these, which are sorted.
    OneOf(Vec<Scalar>),
    /// The value is none of these, which are sorted.
    NoneOf(Vec<Scalar>),
    /// The whole value matches a pattern.
    Like {
        /// The pattern.
        pattern: Pattern,
        /// Whether case is ignored.
        ignores_case: bool,
        /// Whether the value must not match.
        negated: bool,
    },
    /// An expression is found in the value.
    Regexp(Regex),
}

/// A comparison of two values of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

impl Where {
    /// The rows of which a condition is true.
    pub const fn new(condition: Condition) -> Self {
        Self(condition)
    }

    /// The condition.
    pub const fn condition(&self) -> &Condition {
        &self.0
    }
}

impl Default for Condition {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Condition {
    /// All of these, in the shortest form.
    #[must_use]
    pub fn all(conditions: Vec<Self>) -> Self {
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

    /// At least one of these, in the shortest form. A member that is always true is left out, as in
    /// the original; nothing where no member is left.
    pub fn any(conditions: Vec<Self>) -> Option<Self> {
        let mut flat = Vec::new();
        for condition in conditions {
            match condition {
                Self::All(inner) if inner.is_empty() => {}
                Self::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        let last = flat.pop()?;
        if flat.is_empty() {
            return Some(last);
        }
        flat.push(last);
        Some(Self::Any(flat))
    }

    /// The columns that the condition is about, each once, added to others.
    pub fn columns(&self, columns: &mut Vec<&'static Column>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.columns(columns);
                }
            }
            Self::Is(column, _) if columns.contains(column) => {}
            Self::Is(column, _) => columns.push(column),
        }
    }
}
