//! The values that an administrator gives to the columns of a client.

use super::column::{COLUMNS, Column};
use super::row::Scalar;
use crate::auth::id::ClientNumber;
use crate::auth::secret::Secret;
use crate::error::Error;

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

/// A client to be created: it has a value for every required column.
#[derive(Debug, Clone)]
pub struct NewAuthClient(NewValues);

impl NewAuthClient {
    /// A client of these values.
    ///
    /// # Errors
    ///
    /// The required columns that have no value.
    pub fn new(values: NewValues) -> Result<Self, Vec<&'static Column>> {
        let has = |column: &Column| values.iter().any(|(other, _)| *other == column);
        let missing = COLUMNS
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

/// The id that a body gives its client.
#[derive(Debug, Clone)]
pub struct NamedId {
    /// The number, if it can be one of a client.
    pub number: Option<ClientNumber>,
    /// The number as it was written.
    pub text: String,
}

/// Changes of one client, or of many. A column that they do not name stays as it is.
#[derive(Debug, Clone, Default)]
pub struct AuthClientChanges {
    /// The columns that change.
    pub values: NewValues,
    /// The id of the client that they name themselves.
    pub id: Option<NamedId>,
}

impl AuthClientChanges {
    /// Rejects changes that name another client than the one that they are made to.
    pub fn for_one(&self, id: ClientNumber) -> Result<(), Error> {
        match &self.id {
            Some(named) if named.number != Some(id) => Err(Error::IdChanged {
                from: id.get(),
                to: named.text.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Rejects changes that name a client, where they are made to many.
    pub fn for_many(&self) -> Result<(), Error> {
        match self.id {
            Some(_) => Err(Error::BadRequest(
                "id property (id) cannot be updated".to_owned(),
            )),
            None => Ok(()),
        }
    }
}
