//! D1 as we use it: bound statements, one trip for a batch, a limit to every wait.

use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};
use serde::de::DeserializeOwned;
use worker::{D1Database, D1PreparedStatement, D1Result, Delay, Env};

use super::meter::Meter;
use crate::error::Error;

/// A value as D1 binds it.
pub use wasm_bindgen::JsValue as Value;

/// Longer than this nobody waits for storage.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database. Every read goes to the primary: permissions and sessions are as they are now.
#[derive(Clone)]
pub struct Db {
    d1: Rc<D1Database>,
    meter: Rc<Meter>,
}

/// One SQL statement with its values, in the order of `?1`, `?2`, ….
pub struct Statement {
    sql: String,
    values: Vec<Value>,
}

/// A value that can be bound.
pub trait Bind {
    /// The value that D1 takes.
    fn bind(self) -> Value;
}

impl Bind for &str {
    fn bind(self) -> Value {
        self.into()
    }
}

impl Bind for &String {
    fn bind(self) -> Value {
        self.as_str().into()
    }
}

impl Bind for i64 {
    // D1 takes numbers as doubles: exact for epoch milliseconds and for every id we make.
    #[allow(clippy::cast_precision_loss)]
    fn bind(self) -> Value {
        (self as f64).into()
    }
}

impl Bind for u32 {
    fn bind(self) -> Value {
        self.into()
    }
}

impl<T: Bind> Bind for Option<T> {
    fn bind(self) -> Value {
        self.map_or(Value::NULL, T::bind)
    }
}

/// A statement and the values of its parameters.
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
    /// Use the `sql!` macro.
    pub fn new(sql: impl Into<String>, values: Vec<Value>) -> Self {
        Self {
            sql: sql.into(),
            values,
        }
    }
}

/// What a batch gave back, statement by statement.
pub struct Answers(Vec<D1Result>);

impl Answers {
    /// The first row of the n-th statement, if it has one.
    pub fn row<T: DeserializeOwned>(&self, n: usize) -> Result<Option<T>, Error> {
        Ok(self.rows(n)?.into_iter().next())
    }

    /// All rows of the n-th statement.
    pub fn rows<T: DeserializeOwned>(&self, n: usize) -> Result<Vec<T>, Error> {
        self.nth(n)?.results().map_err(unreadable)
    }

    /// How many rows the n-th statement changed.
    pub fn changes(&self, n: usize) -> Result<usize, Error> {
        let meta = self.nth(n)?.meta().map_err(unreadable)?;
        Ok(meta.and_then(|meta| meta.changes).unwrap_or(0))
    }

    fn nth(&self, n: usize) -> Result<&D1Result, Error> {
        self.0
            .get(n)
            .ok_or_else(|| Error::Internal(format!("D1 gave no answer to statement {n}")))
    }
}

impl Db {
    /// Opens the binding `DB`.
    pub fn open(env: &Env, meter: Rc<Meter>) -> Result<Self, Error> {
        let d1 = env
            .d1("DB")
            .map_err(|_| Error::Misconfigured("DB (the D1 binding) is missing".to_owned()))?;
        Ok(Self {
            d1: Rc::new(d1),
            meter,
        })
    }

    /// The same database, counted by another meter.
    pub fn counted_by(&self, meter: Rc<Meter>) -> Self {
        Self {
            d1: Rc::clone(&self.d1),
            meter,
        }
    }

    /// The same database, for reads that no request waits for alone.
    pub fn uncounted(&self) -> Self {
        self.counted_by(Rc::new(Meter::default()))
    }

    /// Runs statements as one transaction and one trip.
    pub async fn batch(
        &self,
        statements: impl IntoIterator<Item = Statement>,
    ) -> Result<Answers, Error> {
        let statements = statements
            .into_iter()
            .map(|statement| self.prepare(statement));
        let statements: Vec<_> = statements.collect::<Result<_, _>>()?;
        let _trip = self.meter.begin();
        self.meter.statements(statements.len());
        within_patience("D1", self.d1.batch(statements))
            .await
            .map(Answers)
    }

    /// The first row of one statement, if it has one.
    pub async fn first<T: DeserializeOwned>(
        &self,
        statement: Statement,
    ) -> Result<Option<T>, Error> {
        self.all(statement).await?.row(0)
    }

    /// All rows of one statement.
    pub async fn all(&self, statement: Statement) -> Result<Answers, Error> {
        let statement = self.prepare(statement)?;
        let _trip = self.meter.begin();
        self.meter.statements(1);
        let result = within_patience("D1", statement.all()).await?;
        Ok(Answers(vec![result]))
    }

    fn prepare(&self, statement: Statement) -> Result<D1PreparedStatement, Error> {
        self.d1
            .prepare(statement.sql)
            .bind(&statement.values)
            .map_err(|error| Error::Internal(format!("D1 bind: {error}")))
    }
}

/// Waits for storage, but not for ever; its failures are outages, told to the log.
pub async fn within_patience<T, E: std::fmt::Display>(
    what: &str,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Error> {
    let work = std::pin::pin!(work);
    match select(work, Delay::from(PATIENCE)).await {
        Either::Left((Ok(value), _)) => Ok(value),
        Either::Left((Err(error), _)) => Err(Error::Unavailable(format!("{what}: {error}"))),
        Either::Right(_) => Err(Error::Unavailable(format!("{what}: no answer in time"))),
    }
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("D1 row: {error}"))
}
