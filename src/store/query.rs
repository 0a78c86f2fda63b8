//! One statement, its values, and how its answer is read.

use std::borrow::Cow;
#[cfg(not(target_arch = "wasm32"))]
use std::panic::Location;

use super::row::{FromRow, Rows, Unreadable};
use super::value::Value;

/// SQL and the values of its parameters, in the order of `?1`, `?2`, ….
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statement {
    /// The SQL text.
    pub sql: Cow<'static, str>,
    /// What is bound.
    pub values: Vec<Value>,
    /// Where it was made: the tests find each statement that none of them runs.
    #[cfg(not(target_arch = "wasm32"))]
    pub made_at: Option<&'static Location<'static>>,
}

/// A statement whose answer is read as a `T`.
#[derive(Debug)]
pub struct Query<T> {
    pub(super) statement: Statement,
    pub(super) read: fn(&Rows) -> Result<T, Unreadable>,
}

/// A statement and the values of its parameters; what its answer is follows as a method:
/// `sql!(BY_ID, id).first()`.
macro_rules! sql {
    ($sql:expr $(, $value:expr)* $(,)?) => {
        $crate::store::query::Statement::new($sql, vec![$($crate::store::value::Value::from($value)),*])
    };
}
pub(crate) use sql;

impl Statement {
    /// Use the `sql!` macro.
    #[cfg_attr(not(target_arch = "wasm32"), track_caller)]
    pub fn new(sql: impl Into<Cow<'static, str>>, values: Vec<Value>) -> Self {
        Self {
            sql: sql.into(),
            values,
            #[cfg(not(target_arch = "wasm32"))]
            made_at: Some(Location::caller()),
        }
    }

    /// Its answer is read another way than the ones below.
    pub const fn reading<T>(self, read: fn(&Rows) -> Result<T, Unreadable>) -> Query<T> {
        Query {
            statement: self,
            read,
        }
    }

    /// Nothing is read.
    pub const fn run(self) -> Query<()> {
        self.reading(|_| Ok(()))
    }

    /// How many rows it changed.
    pub const fn changes(self) -> Query<usize> {
        self.reading(|rows| Ok(rows.changes))
    }

    /// The first row, if there is one.
    pub const fn first<T: FromRow>(self) -> Query<Option<T>> {
        self.reading(|rows| rows.iter().next().map(|row| T::from_row(&row)).transpose())
    }

    /// The one row that there always is.
    pub const fn one<T: FromRow>(self) -> Query<T> {
        self.reading(|rows| {
            let row = rows.iter().next().ok_or(Unreadable::NoRow)?;
            T::from_row(&row)
        })
    }

    /// Every row.
    pub const fn all<T: FromRow>(self) -> Query<Vec<T>> {
        self.reading(|rows| rows.iter().map(|row| T::from_row(&row)).collect())
    }
}
