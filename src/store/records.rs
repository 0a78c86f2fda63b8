//! Rows of any table that an API shows: read, counted, created, changed and deleted as the table's
//! description says. Deleted rows are never read and never written.

use std::borrow::Cow;

use super::clause::{self, Clause, Scope};
use super::query::{Query, Statement};
use super::row::{FromRow, Row, Unreadable};
use super::value::Value;
use crate::auth::id::UserId;
use crate::auth::table::changes::{NewRow, NewValue, NewValues};
use crate::auth::table::column::{Column, Table};
use crate::auth::table::condition::Where;
use crate::auth::table::page::Page;
use crate::auth::table::row::{Scalar, TableRow};
use crate::auth::time::Timestamp;

/// Rows beyond this are not counted: the caller asks for less of them.
pub const MAX_COUNT: i64 = 100_000;

/// Who writes, and when.
#[derive(Debug, Clone, Copy)]
pub struct Author<'a> {
    /// The administrator; nothing where the token names none.
    pub by: Option<&'a UserId>,
    /// When.
    pub now: Timestamp,
}

impl FromRow for TableRow {
    /// The columns are those of [`clause::selection`], in their order.
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        let values = row.values().iter().map(|value| match value {
            Value::Null => None,
            Value::Integer(number) => Some(Scalar::Integer(*number)),
            Value::Text(text) => Some(Scalar::Text(text.clone())),
        });
        Ok(Self::new(values.collect()))
    }
}

impl From<Scalar> for Value {
    fn from(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Integer(number) => Self::Integer(number),
            Scalar::Text(text) => Self::Text(text),
        }
    }
}

impl From<&NewValue> for Value {
    fn from(value: &NewValue) -> Self {
        match value {
            NewValue::Plain(scalar) => scalar.clone().into(),
            NewValue::Secret(secret) => secret.digest().into(),
        }
    }
}

/// A page of the rows that a clause selects.
pub fn page(table: &Table, page: &Page, clause: Clause) -> Query<Vec<TableRow>> {
    ending(&all(table), Vec::new(), clause.page(table, page)).all()
}

/// How many rows a clause selects; one more than [`MAX_COUNT`] stands for any number beyond.
pub fn count(table: &Table, clause: Clause) -> Query<(i64,)> {
    let start = format!("select count(*) from (select 1 from {}", table.source);
    let mut statement = ending(&start, Vec::new(), clause);
    statement.sql = format!("{} limit {})", statement.sql, MAX_COUNT + 1).into();
    statement.one()
}

/// Every row in reach, in the columns that a condition is about which SQL cannot say; for
/// [`Clause::among`].
pub fn scan(scope: &Scope, rows: &Where) -> Query<Vec<TableRow>> {
    Statement::new(clause::scan(scope, rows), bound(&scope.values)).all()
}

/// The row of an id.
pub fn by_id(scope: &Scope, id: &Scalar) -> Query<Option<TableRow>> {
    let (table, id) = (scope.table, id.clone());
    let sql = format!(
        "{} where {} and {} = ?",
        all(table),
        scope.sql,
        scope.table.id()
    );
    let values = scope.values.iter().cloned().chain([id]);
    Statement::new(sql, values.map(Value::from).collect()).first()
}

/// Columns that the service itself gives values: by their names.
pub type OwnValues = Vec<(&'static str, Value)>;

/// Creates a row, unless a condition that is given with its values is false.
pub fn create(
    table: &Table,
    own: OwnValues,
    new: &NewRow,
    author: Author<'_>,
    condition: Option<(&str, Vec<Value>)>,
) -> Query<Option<TableRow>> {
    let mut times = vec![
        ("created_on", author.now.into()),
        ("modified_on", author.now.into()),
    ];
    if table.of_name("created_by").is_some() {
        times.push(("created_by", author.by.into()));
        times.push(("modified_by", author.by.into()));
    }
    let values = own
        .into_iter()
        .chain(assignments(new.values()))
        .chain(times);
    let (columns, mut values): (Vec<_>, Vec<_>) = values.unzip();
    let (condition, more) = condition.unwrap_or(("true", Vec::new()));
    let sql = format!(
        "insert into {} ({}) select {} where {condition} returning {}",
        table.source,
        columns.join(", "),
        vec!["?"; columns.len()].join(", "),
        clause::selection(table)
    );
    values.extend(more);
    Statement::new(sql, values).first()
}

/// Changes the rows that a clause selects, all or none, and counts them.
pub fn update(
    table: &Table,
    clause: Clause,
    changes: &NewValues,
    author: Author<'_>,
) -> Query<usize> {
    let mut own = vec![("modified_on", author.now.into())];
    if table.of_name("modified_by").is_some() {
        own.push(("modified_by", author.by.into()));
    }
    let (columns, values): (Vec<_>, Vec<_>) = own.into_iter().chain(assignments(changes)).unzip();
    let update = format!("update {} set {} = ?", table.source, columns.join(" = ?, "));
    returned(ending(&update, values, clause))
}

/// Marks the rows that a clause selects as deleted, and counts them.
pub fn delete(table: &Table, clause: Clause, author: Author<'_>) -> Query<usize> {
    let delete = format!(
        "update {} set deleted = 1, deleted_on = ?, deleted_by = ?, modified_on = ?",
        table.source
    );
    let values = vec![author.now.into(), author.by.into(), author.now.into()];
    returned(ending(&delete, values, clause))
}

/// How many rows a statement wrote itself: what triggers wrote besides does not count.
fn returned(mut statement: Statement) -> Query<usize> {
    statement.sql = format!("{} returning 1", statement.sql).into();
    statement.reading(|rows| Ok(rows.rows.len()))
}

/// Reads rows whole, up to the `where`.
pub fn all(table: &Table) -> String {
    format!("select {} from {}", clause::selection(table), table.source)
}

/// The names of columns and their values in D1.
pub fn assignments(
    values: &[(&'static Column, NewValue)],
) -> impl Iterator<Item = (&'static str, Value)> {
    values
        .iter()
        .map(|(column, value)| (column.name, value.into()))
}

/// A statement that ends in a clause. Its own `?` come first, and so do its values.
fn ending(start: &str, mut values: Vec<Value>, clause: Clause) -> Statement {
    values.extend(clause.values.into_iter().map(Value::from));
    Statement::new(Cow::Owned(format!("{start} {}", clause.sql)), values)
}

fn bound(values: &[Scalar]) -> Vec<Value> {
    values.iter().cloned().map(Value::from).collect()
}
