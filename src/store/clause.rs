//! Conditions on rows as SQL for D1: column names from the table, every value bound.
//!
//! D1 takes 100 bound values a statement, patterns of 50 bytes, expressions 100 deep, has no
//! `regexp`, and folds ASCII only. A condition beyond that is evaluated on the rows of a [`scan`].

use std::borrow::Cow;

use super::predicate::{json_array, listed, write};

use crate::auth::table::column::{Column, ColumnKind, Table};
use crate::auth::table::condition::{Condition, Where};
use crate::auth::table::page::{Direction, Page};
use crate::auth::table::row::{Scalar, TableRow};
use crate::error::{Error, ErrorKind};

/// How many values a condition may bind; the rest of D1's 100 is for the statement it goes into.
const MAX_VALUES: usize = 80;
/// How many rows may be scanned.
const MAX_ROWS: usize = 10_000;

/// The rows of a table that a statement may reach at all, whatever a filter says.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The table.
    pub table: &'static Table,
    /// The condition that every row fulfils; not empty.
    pub sql: Cow<'static, str>,
    /// The values to bind to its `?`.
    pub values: Vec<Scalar>,
}

impl Scope {
    /// The rows of a table that are not deleted.
    pub const fn live(table: &'static Table) -> Self {
        Self {
            table,
            sql: Cow::Borrowed("deleted = 0"),
            values: Vec::new(),
        }
    }

    /// The clients that operators have made: who registers itself is not theirs to list or change in bulk.
    pub const fn operators(table: &'static Table) -> Self {
        Self {
            table,
            sql: Cow::Borrowed(
                "deleted = 0 and not exists (select 1 from oauth_clients r \
                 where r.client_id = auth_clients.id and r.source <> 'operator')",
            ),
            values: Vec::new(),
        }
    }

    /// All rows of a table of events, along the index of their time.
    pub const fn log(table: &'static Table) -> Self {
        Self {
            table,
            sql: Cow::Borrowed("at > 0"),
            values: Vec::new(),
        }
    }

    /// All rows of the outbox, along the index of their time.
    pub const fn events(table: &'static Table) -> Self {
        Self {
            table,
            sql: Cow::Borrowed("created_on > 0"),
            values: Vec::new(),
        }
    }

    /// Those of which a condition is true besides, which binds these values.
    #[must_use]
    pub fn and(mut self, sql: &str, values: impl IntoIterator<Item = Scalar>) -> Self {
        self.sql = format!("{} and {sql}", self.sql).into();
        self.values.extend(values);
        self
    }
}

/// The end of a statement over a table, and what to bind to its `?` in their order, after
/// the values of the statement itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// `where …`, and for a page also `order by … limit … offset …`.
    pub sql: String,
    /// The values to bind. Integers may be bound as doubles, which hold them exactly.
    pub values: Vec<Scalar>,
}

impl Clause {
    /// The `where` clause of the rows that are meant; nothing if D1 cannot say it and a [`scan`] must
    /// find them.
    pub fn of(scope: &Scope, rows: &Where) -> Option<Self> {
        let mut values = Vec::new();
        let sql = match rows.condition() {
            Condition::All(none) if none.is_empty() => format!("where {}", scope.sql),
            condition => {
                let condition = write(condition, &mut values)?;
                format!("where {} and {condition}", scope.sql)
            }
        };
        (values.len() <= MAX_VALUES).then(|| Self::new(scope, sql, values))
    }

    fn new(scope: &Scope, sql: String, values: Vec<Scalar>) -> Self {
        let values = scope.values.iter().cloned().chain(values).collect();
        Self { sql, values }
    }

    /// The `where` clause of the rows that are meant among those of a [`scan`]; 400 if there are too
    /// many to scan.
    pub fn among(scope: &Scope, scanned: &[TableRow], rows: &Where) -> Result<Self, Error> {
        if scanned.len() > MAX_ROWS {
            return Err(too_many());
        }
        let id = scope.table.of_name("id");
        let meant = scanned.iter().filter(|row| rows.matches(row));
        let ids: Vec<_> = meant.filter_map(|row| row.value(id?)).cloned().collect();
        Ok(Self::of_ids(scope, &ids))
    }

    /// The `where` clause of these rows, however many: they are one bound value.
    pub fn of_ids(scope: &Scope, ids: &[Scalar]) -> Self {
        let condition = listed(scope.table.id(), "in");
        let sql = format!("where {} and {condition}", scope.sql);
        Self::new(scope, sql, vec![json_array(ids)])
    }

    /// The clause of a page of its rows.
    ///
    /// The id comes last in every order, so that pages do not overlap.
    #[must_use]
    pub fn page(mut self, table: &Table, page: &Page) -> Self {
        let order = page.order.iter();
        let mut order: Vec<String> = order
            .map(|&(column, direction)| order_term(column, direction))
            .collect();
        if !page.order.iter().any(|(column, _)| column.is_id()) {
            order.push(table.id().to_owned());
        }
        let order = order.join(", ");
        self.sql = format!("{} order by {order} limit ? offset ?", self.sql);
        self.values
            .extend([page.limit, page.skip].map(Scalar::Integer));
        self
    }
}

/// A condition would have to look through more rows than may be scanned: 400.
pub fn too_many() -> Error {
    ErrorKind::BadRequest(format!(
        "More than {MAX_ROWS} rows to look through: ask for less of them"
    ))
    .into()
}

/// What is selected to read all rows whole: every column in its place, secrets as null.
pub fn selection(table: &Table) -> String {
    select(table.columns, |column| column.kind != ColumnKind::Secret)
}

fn select(columns: &[Column], is_read: impl Fn(&Column) -> bool) -> String {
    // D1 gives rows as objects, so no two columns of an answer may have one name.
    let columns = columns.iter().enumerate().map(|(at, column)| {
        if !is_read(column) {
            format!("null as n{at}")
        } else if column.sql == column.name {
            column.sql.to_owned()
        } else {
            format!("{} as {}", column.sql, column.name)
        }
    });
    columns.collect::<Vec<_>>().join(", ")
}

/// The statement that reads the columns a condition is about, of every row in reach: one row more than
/// may be scanned, so that too many are noticed.
pub fn scan(scope: &Scope, rows: &Where) -> String {
    let mut asked = Vec::new();
    rows.condition().columns(&mut asked);
    let table = scope.table;
    format!(
        "select {} from {} where {} order by {} limit {}",
        select(table.columns, |column| column.is_id()
            || asked.contains(&column)),
        table.source,
        scope.sql,
        table.id(),
        MAX_ROWS + 1
    )
}

/// In Postgres null is the largest value; in D1 the statement must say so.
fn order_term(column: &Column, direction: Direction) -> String {
    let (direction, nulls) = match direction {
        Direction::Ascending => ("", " nulls last"),
        Direction::Descending => (" desc", " nulls first"),
    };
    let nulls = if column.nullable { nulls } else { "" };
    let sql = column.folded.map_or(column.sql, |folded| folded.sql());
    format!("{sql}{direction}{nulls}")
}
