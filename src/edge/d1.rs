//! D1: runs batches of queries as one transaction and one round trip, counts it, and ends every wait.
//!
//! The only place that knows D1. What is asked and how it is read is in [`crate::store`].

use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::worker_sys::types::{D1Database, D1PreparedStatement, D1Result};
use worker::{Delay, Env};

use super::clock::before;
use super::metrics::StorageMetrics;
use crate::error::{Error, ErrorKind};
use crate::store::{Batch, Rows, Statement, Value};

/// The longest wait for storage.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The database. Every read goes to the primary: permissions and sessions are as they are now.
#[derive(Clone)]
pub struct Db {
    d1: D1Database,
    metrics: Rc<StorageMetrics>,
}

impl Db {
    /// Opens the binding `DB`.
    pub fn open(env: &Env, metrics: Rc<StorageMetrics>) -> Result<Self, Error> {
        let binding = Reflect::get(env, &"DB".into()).unwrap_or_default();
        if !binding.is_object() {
            let what = "DB (the D1 binding) is missing";
            return Err(ErrorKind::Misconfigured(what.to_owned()).into());
        }
        Ok(Self {
            d1: binding.unchecked_into(),
            metrics,
        })
    }

    /// The same database, counted by another metric.
    pub fn counted_by(&self, metrics: Rc<StorageMetrics>) -> Self {
        Self {
            d1: self.d1.clone(),
            metrics,
        }
    }

    /// The same database, for reads that no request waits for alone.
    pub fn uncounted(&self) -> Self {
        self.counted_by(Rc::default())
    }

    /// Runs queries as one transaction and one round trip, and reads their answers.
    ///
    /// Fails as [`ErrorKind::Unavailable`] where D1 fails or does not answer in time; a constraint that
    /// refuses is such a failure too.
    pub async fn run<B: Batch>(&self, mut batch: B) -> Result<B::Output, Error> {
        let mut statements = Vec::new();
        batch.prepare(&mut statements);
        let answers = match statements.len() {
            0 => Vec::new(),
            _ => self.execute(&statements).await?,
        };
        Ok(batch.read(&mut answers.into_iter())?)
    }

    async fn execute(&self, statements: &[Statement]) -> Result<Vec<Rows>, Error> {
        let prepared = statements.iter().map(|statement| self.prepare(statement));
        let prepared: Vec<_> = prepared.collect::<Result<_, _>>().map_err(outage)?;
        let _trip = self.metrics.begin();
        self.metrics.statements(prepared.len());
        let results = with_timeout("D1", answers(&self.d1, prepared)).await?;
        results
            .iter()
            .map(|result| rows(result.unchecked_into()))
            .collect::<Result<_, _>>()
            .map_err(outage)
    }

    fn prepare(&self, statement: &Statement) -> Result<D1PreparedStatement, JsValue> {
        let values = statement.values.iter().map(bound).collect::<Array>();
        self.d1.prepare(&statement.sql)?.bind(values)
    }
}

/// Sends the statements: alone, which is cheaper, or as a batch.
async fn answers(
    d1: &D1Database,
    mut prepared: Vec<D1PreparedStatement>,
) -> Result<Array, JsError> {
    if prepared.len() == 1
        && let Some(statement) = prepared.pop()
    {
        return Ok(Array::of1(&settled(statement.all()).await?));
    }
    let batch = d1.batch(prepared.into_iter().collect());
    settled(batch).await?.dyn_into().map_err(JsError)
}

async fn settled(promise: Result<Promise, JsValue>) -> Result<JsValue, JsError> {
    JsFuture::from(promise.map_err(JsError)?)
        .await
        .map_err(JsError)
}

/// What D1 threw; its text is for the log and for telling one constraint from another.
struct JsError(JsValue);

impl std::fmt::Display for JsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        worker::Error::from(self.0.clone()).fmt(f)
    }
}

/// D1 takes numbers as doubles: exact for epoch milliseconds and for every id.
#[allow(clippy::cast_precision_loss)]
fn bound(value: &Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        Value::Integer(number) => JsValue::from_f64(*number as f64),
        Value::Text(text) => JsValue::from_str(text),
    }
}

/// One result, column by column. D1 gives rows as objects, all with the same keys in the same order.
fn rows(result: D1Result) -> Result<Rows, JsValue> {
    let objects = result.results()?.unwrap_or_default();
    let mut rows = Rows {
        changes: changes(&result),
        ..Rows::default()
    };
    for object in objects.iter() {
        let object: Object = object.unchecked_into();
        if rows.columns.is_empty() {
            let names = Object::keys(&object);
            rows.columns = names.iter().filter_map(|name| name.as_string()).collect();
        }
        let values = Object::values(&object);
        rows.rows
            .push(values.iter().map(|value| read(&value)).collect());
    }
    Ok(rows)
}

// No column holds anything but integers and text.
#[allow(clippy::cast_possible_truncation)]
fn read(value: &JsValue) -> Value {
    if let Some(text) = value.as_string() {
        Value::Text(text)
    } else if let Some(number) = value.as_f64() {
        Value::Integer(number as i64)
    } else {
        Value::Null
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn changes(result: &D1Result) -> usize {
    let meta = result.meta().unwrap_or_default();
    let changes = Reflect::get(&meta, &"changes".into()).unwrap_or_default();
    changes.as_f64().map_or(0, |number| number as usize)
}

/// Waits for storage, but not for ever; its failures are outages, whose text is for the log.
pub async fn with_timeout<T, E: std::fmt::Display>(
    what: &str,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Error> {
    match before(Delay::from(TIMEOUT), work).await {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => Err(ErrorKind::Unavailable(format!("{what}: {error}")).into()),
        None => Err(ErrorKind::Unavailable(format!("{what}: no answer in time")).into()),
    }
}

fn outage(error: JsValue) -> Error {
    ErrorKind::Unavailable(format!("D1: {}", JsError(error))).into()
}
