//! The answer to a statement, and how its rows are read: column by column.

use super::value::{FromValue, Value};
use crate::auth::json;
use crate::error::{Error, ErrorKind};

/// What a statement answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// The columns' names, in order.
    pub columns: Vec<String>,
    /// The rows' values, each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
    /// How many rows the statement changed.
    pub changes: usize,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    columns: &'a [String],
    values: &'a [Value],
}

/// Something that is read from a row.
pub trait FromRow: Sized {
    /// Reads it; fails where a column is missing or holds something else than the schema says.
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable>;
}

/// Why an answer could not be read: the schema and the query differ, or something was stored by hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The batch has more queries than answers.
    #[error("D1 gave fewer answers than it was asked questions")]
    NoAnswer,
    /// No row where there always is one.
    #[error("D1 gave no row where there always is one")]
    NoRow,
    /// A column that the query did not select, or whose value is of another type.
    #[error("D1 row: {0} is missing or of another type")]
    Column(&'static str),
    /// A column whose text is not what it should be; the reason never quotes it.
    #[error("D1 row: {0}: {1}")]
    Content(&'static str, String),
}

impl Rows {
    /// The rows, one by one.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|values| Row {
            columns: &self.columns,
            values,
        })
    }
}

impl Row<'_> {
    /// Every value, in the order of the columns.
    pub const fn values(&self) -> &[Value] {
        self.values
    }

    /// Reads a column.
    pub fn get<T: FromValue>(&self, column: &'static str) -> Result<T, Unreadable> {
        self.find(column)
            .and_then(T::from_value)
            .ok_or(Unreadable::Column(column))
    }

    /// A column's value; nothing where the query did not select it.
    pub fn find(&self, column: &str) -> Option<&Value> {
        let position = self.columns.iter().position(|name| name == column)?;
        self.values.get(position)
    }

    /// Reads a column that holds JSON.
    pub fn json<T: serde::de::DeserializeOwned>(
        &self,
        column: &'static str,
    ) -> Result<T, Unreadable> {
        let text: String = self.get(column)?;
        // Position and kind of the mistake, and never the text.
        json::read(text.as_bytes()).map_err(|error| {
            let kind = error.classify();
            Unreadable::Content(column, format!("{kind:?} at {}", error.column()))
        })
    }
}

/// The only column of a query that selects one.
impl<T: FromValue> FromRow for (T,) {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        let value = row.values.first().and_then(T::from_value);
        value.map(|value| (value,)).ok_or(Unreadable::NoRow)
    }
}

impl From<Unreadable> for Error {
    fn from(unreadable: Unreadable) -> Self {
        ErrorKind::Internal(unreadable.to_string()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_read_as_its_own_type_only() {
        let rows = Rows {
            columns: vec!["n".to_owned(), "t".to_owned(), "z".to_owned()],
            rows: vec![vec![
                Value::Integer(-1),
                Value::Text("[1".to_owned()),
                Value::Null,
            ]],
            changes: 0,
        };
        let row = rows.iter().next().unwrap();
        assert_eq!(row.get::<i64>("n"), Ok(-1));
        assert_eq!(row.get::<bool>("n"), Ok(true));
        assert_eq!(row.get::<u32>("n"), Err(Unreadable::Column("n")));
        assert_eq!(row.get::<String>("n"), Err(Unreadable::Column("n")));
        assert_eq!(row.get::<Option<String>>("z"), Ok(None));
        assert_eq!(row.get::<String>("z"), Err(Unreadable::Column("z")));
        assert_eq!(row.get::<i64>("x"), Err(Unreadable::Column("x")));
        assert!(
            matches!(row.json::<Vec<i64>>("t"), Err(Unreadable::Content("t", why)) if !why.contains("[1"))
        );
    }
}
