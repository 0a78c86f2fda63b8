//! What `src/edge/store/db.rs` makes of D1, made of SQLite: the same statements and answers.

use std::cell::RefCell;
use std::collections::HashSet;
use std::panic::Location;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};
use serde::de::DeserializeOwned;
use serde_json::Map;

use crate::error::Error;

pub use rusqlite::types::Value;

/// A statement's text, and where it was made.
type Made = (String, &'static Location<'static>);

/// A database with the schema; it remembers each statement that it has run, and where that was made.
pub struct Db {
    pub connection: Connection,
    seen: RefCell<HashSet<Made>>,
}

pub struct Statement {
    pub sql: String,
    values: Vec<Value>,
    made_at: &'static Location<'static>,
}

pub trait Bind {
    fn bind(self) -> Value;
}

impl Bind for &str {
    fn bind(self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl Bind for &String {
    fn bind(self) -> Value {
        Value::Text(self.clone())
    }
}

impl Bind for i64 {
    // D1 takes numbers as doubles.
    fn bind(self) -> Value {
        Value::Real(self as f64)
    }
}

impl Bind for u32 {
    fn bind(self) -> Value {
        i64::from(self).bind()
    }
}

impl<T: Bind> Bind for Option<T> {
    fn bind(self) -> Value {
        self.map_or(Value::Null, T::bind)
    }
}

macro_rules! sql {
    ($sql:expr $(, $value:expr)* $(,)?) => {
        $crate::edge::store::db::Statement::new(
            $sql,
            vec![$($crate::edge::store::db::Bind::bind($value)),*],
        )
    };
}
pub(crate) use sql;

impl Statement {
    #[track_caller]
    pub fn new(sql: impl Into<String>, values: Vec<Value>) -> Self {
        Self {
            sql: sql.into(),
            values,
            made_at: Location::caller(),
        }
    }
}

type Row = Map<String, serde_json::Value>;

pub struct Answers(Vec<(Vec<Row>, usize)>);

impl Answers {
    pub fn row<T: DeserializeOwned>(&self, n: usize) -> Result<Option<T>, Error> {
        Ok(self.rows(n)?.into_iter().next())
    }

    pub fn rows<T: DeserializeOwned>(&self, n: usize) -> Result<Vec<T>, Error> {
        let rows = self.0[n].0.iter().cloned();
        rows.map(|row| serde_json::from_value(row.into()))
            .collect::<Result<_, _>>()
            .map_err(|error| Error::Internal(format!("D1 row: {error}")))
    }

    pub fn changes(&self, n: usize) -> Result<usize, Error> {
        Ok(self.0[n].1)
    }
}

impl Db {
    /// A database with every migration and nothing in it.
    pub fn new() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        files.sort();
        for file in files {
            let sql = std::fs::read_to_string(&file).unwrap();
            connection.execute_batch(&sql).unwrap();
        }
        Self {
            connection,
            seen: RefCell::default(),
        }
    }

    pub async fn batch(
        &self,
        statements: impl IntoIterator<Item = Statement>,
    ) -> Result<Answers, Error> {
        let transaction = self.connection.unchecked_transaction().unwrap();
        let answers: Vec<_> = statements
            .into_iter()
            .map(|statement| self.run(&statement))
            .collect::<Result<_, _>>()
            .map_err(|error| Error::Unavailable(format!("D1: {error}")))?;
        transaction.commit().unwrap();
        Ok(Answers(answers))
    }

    pub async fn first<T: DeserializeOwned>(
        &self,
        statement: Statement,
    ) -> Result<Option<T>, Error> {
        self.all(statement).await?.row(0)
    }

    pub async fn all(&self, statement: Statement) -> Result<Answers, Error> {
        self.batch([statement]).await
    }

    /// What was run.
    pub fn seen(&self) -> Vec<Made> {
        self.seen.borrow().iter().cloned().collect()
    }

    fn run(&self, statement: &Statement) -> rusqlite::Result<(Vec<Row>, usize)> {
        let Statement {
            sql,
            values,
            made_at,
        } = statement;
        self.seen.borrow_mut().insert((sql.clone(), made_at));
        let before = self.connection.total_changes();
        let mut prepared = self.connection.prepare_cached(sql)?;
        let columns: Vec<String> = prepared
            .column_names()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let rows = prepared
            .query_map(params_from_iter(values), |row| {
                let cell = |(n, name): (usize, &String)| Ok((name.clone(), json(row.get_ref(n)?)));
                columns.iter().enumerate().map(cell).collect()
            })?
            .collect::<rusqlite::Result<_>>()?;
        let changes = self.connection.total_changes() - before;
        Ok((rows, usize::try_from(changes).unwrap()))
    }
}

/// A value as JavaScript has it, where a double that is whole is an integer.
fn json(value: ValueRef<'_>) -> serde_json::Value {
    match value {
        ValueRef::Null => serde_json::Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) if number.fract() == 0.0 => (number as i64).into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8(text.to_vec()).unwrap().into(),
        ValueRef::Blob(_) => panic!("the schema has no blobs"),
    }
}
