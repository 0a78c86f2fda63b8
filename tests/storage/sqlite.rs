//! SQLite with the real migrations, in place of D1: the same batches, the same answers.

use std::cell::RefCell;
use std::collections::HashSet;
use std::panic::Location;

use rusqlite::types::{Value as Bound, ValueRef};
use rusqlite::{Connection, params_from_iter};

use crate::schema;
use crate::store::{Batch, Rows, Statement, Value};

/// A statement's text, and where it was made.
type Made = (String, &'static Location<'static>);

/// A database with the schema; it remembers each statement that it has run, and where that was made.
pub struct Db {
    pub connection: Connection,
    seen: RefCell<HashSet<Made>>,
}

impl Db {
    /// A database with every migration and nothing in it.
    pub fn new() -> Self {
        Self {
            connection: schema::database(),
            seen: RefCell::default(),
        }
    }

    /// Runs a batch as one transaction.
    pub fn run<B: Batch>(&self, batch: B) -> B::Output {
        self.try_run(batch).unwrap()
    }

    /// The same, where it may fail; nothing of the batch remains then.
    pub fn try_run<B: Batch>(&self, mut batch: B) -> rusqlite::Result<B::Output> {
        let mut statements = Vec::new();
        batch.prepare(&mut statements);
        let transaction = self.connection.unchecked_transaction()?;
        let answers = statements.iter().map(|statement| self.answer(statement));
        let answers: Vec<_> = answers.collect::<Result<_, _>>()?;
        transaction.commit()?;
        Ok(batch.read(&mut answers.into_iter()).unwrap())
    }

    /// What was run.
    pub fn seen(&self) -> Vec<Made> {
        self.seen.borrow().iter().cloned().collect()
    }

    fn answer(&self, statement: &Statement) -> rusqlite::Result<Rows> {
        let made = (statement.sql.to_string(), statement.made_at.unwrap());
        self.seen.borrow_mut().insert(made);
        let before = self.connection.total_changes();
        let mut prepared = self.connection.prepare_cached(&statement.sql)?;
        let columns: Vec<String> = prepared
            .column_names()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let width = columns.len();
        let values = params_from_iter(statement.values.iter().map(bound));
        let rows = prepared
            .query_map(values, |row| {
                (0..width).map(|n| Ok(read(row.get_ref(n)?))).collect()
            })?
            .collect::<rusqlite::Result<_>>()?;
        let changes = self.connection.total_changes() - before;
        Ok(Rows {
            columns,
            rows,
            changes: usize::try_from(changes).unwrap(),
        })
    }
}

/// D1 takes numbers as doubles.
fn bound(value: &Value) -> Bound {
    match value {
        Value::Null => Bound::Null,
        Value::Integer(number) => Bound::Real(*number as f64),
        Value::Text(text) => Bound::Text(text.clone()),
    }
}

/// A value as JavaScript has it, where a double that is whole is an integer.
fn read(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Integer(number as i64),
        ValueRef::Text(text) => Value::Text(String::from_utf8(text.to_vec()).unwrap()),
        ValueRef::Blob(_) => panic!("the schema has no blobs"),
    }
}
