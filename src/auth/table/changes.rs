//! The values that an administrator gives to the columns of a row.

use super::column::{Column, Table};
use super::row::{Scalar, TableRow};
use crate::auth::secret::Secret;
use crate::error::{Error, ErrorKind};

/// A value that is to be written.
#[derive(Debug, Clone)]
pub enum NewValue {
    /// A value as it is stored; nothing is null.
    Plain(Option<Scalar>),
    /// A secret, of which the digest is stored.
    Secret(Secret),
}

/// Columns and the values that are to be written into them, each column once.
pub type NewValues = Vec<(&'static Column, NewValue)>;

/// A row to be created: it has a value for every required column.
#[derive(Debug, Clone)]
pub struct NewRow(NewValues);

impl NewRow {
    /// A row of these values.
    ///
    /// # Errors
    ///
    /// The required columns that have no value.
    pub fn new(table: &Table, values: NewValues) -> Result<Self, Vec<&'static Column>> {
        let has = |column: &Column| values.iter().any(|(other, _)| *other == column);
        let missing = table
            .columns
            .iter()
            .filter(|column| column.required && !has(column));
        let missing: Vec<_> = missing.collect();
        if missing.is_empty() {
            Ok(Self(values))
        } else {
            Err(missing)
        }
    }

    /// The values.
    pub fn values(&self) -> &[(&'static Column, NewValue)] {
        &self.0
    }

    /// The secret of a column.
    pub fn secret(&self, column: &Column) -> Option<&Secret> {
        self.0.iter().find_map(|(other, value)| match value {
            NewValue::Secret(secret) if *other == column => Some(secret),
            _ => None,
        })
    }
}

/// The id that a body gives its row.
#[derive(Debug, Clone)]
pub struct NamedId {
    /// The id, if it can be one.
    pub id: Option<Scalar>,
    /// As it was written.
    pub text: String,
}

/// Changes of one row, or of many. A column that they do not name stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The columns that change.
    pub values: NewValues,
    /// The id of the row that they name themselves.
    pub id: Option<NamedId>,
}

impl Changes {
    /// Rejects changes that name another row than the one that they are made to.
    pub fn for_one(&self, id: &Scalar) -> Result<(), Error> {
        match &self.id {
            Some(named) if named.id.as_ref() != Some(id) => Err(ErrorKind::IdChanged {
                from: match id {
                    Scalar::Integer(number) => number.to_string(),
                    Scalar::Text(text) => text.clone(),
                },
                to: named.text.clone(),
            }
            .into()),
            _ => Ok(()),
        }
    }

    /// Rejects changes that name a row, where they are made to many.
    pub fn for_many(&self) -> Result<(), Error> {
        match self.id {
            Some(_) => {
                Err(ErrorKind::BadRequest("id property (id) cannot be updated".to_owned()).into())
            }
            None => Ok(()),
        }
    }
}

/// The value that is to be written into the column of a property.
pub fn written<'a>(
    values: &'a [(&'static Column, NewValue)],
    property: &str,
) -> Option<&'a NewValue> {
    let mut values = values.iter();
    values.find_map(|(column, value)| (column.property == property).then_some(value))
}

/// The text that is to be written into the column of a property; nothing also where that becomes null.
pub fn text<'a>(values: &'a [(&'static Column, NewValue)], property: &str) -> Option<&'a str> {
    match written(values, property)? {
        NewValue::Plain(Some(Scalar::Text(text))) => Some(text),
        _ => None,
    }
}

/// What a row holds in the columns that are to be written, and in its id, for the audit log.
pub fn told(values: &[(&'static Column, NewValue)], row: &TableRow) -> serde_json::Value {
    let told = values.iter().map(|(column, _)| {
        let value = serde_json::json!(row.value(column));
        (column.property.to_owned(), value)
    });
    serde_json::Value::Object(told.collect())
}
