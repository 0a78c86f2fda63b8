//! The body models of a table's rows, each derived from the columns.
//!
//! What only this service writes (`deleted`, `createdOn`, …) is the models' too, so that an answer can
//! be sent back; it is checked and then ignored.

use crate::auth::table::column::{Column, ColumnKind, Table};
use crate::wire::loopback::validate::{Field, Model, ValueKind};

/// The bodies that write rows of a table.
pub struct Bodies {
    /// The table.
    pub table: &'static Table,
    /// Of POST: without the id.
    pub new: Model,
    /// Of PUT; what may be absent may be null, as reads show it.
    pub replacement: Model,
    /// Of PATCH.
    pub partial: Model,
}

/// The bodies of a table.
macro_rules! bodies {
    ($table:path) => {
        $crate::wire::loopback::records::models::Bodies {
            table: &$table,
            new: $crate::wire::loopback::validate::Model {
                fields: &$crate::wire::loopback::records::models::fields::<{ $table.columns.len() - 1 }>(
                    $table.columns,
                    $crate::wire::loopback::records::models::BodyKind::New,
                ),
                closed: true,
            },
            replacement: $crate::wire::loopback::validate::Model {
                fields: &$crate::wire::loopback::records::models::fields::<{ $table.columns.len() }>(
                    $table.columns,
                    $crate::wire::loopback::records::models::BodyKind::Replacement,
                ),
                closed: true,
            },
            partial: $crate::wire::loopback::validate::Model {
                fields: &$crate::wire::loopback::records::models::fields::<{ $table.columns.len() }>(
                    $table.columns,
                    $crate::wire::loopback::records::models::BodyKind::Partial,
                ),
                closed: true,
            },
        }
    };
}
pub(crate) use bodies;

/// What a body is for.
#[derive(Clone, Copy)]
pub enum BodyKind {
    /// A new row.
    New,
    /// A row that replaces another.
    Replacement,
    /// Changes.
    Partial,
}

/// The properties of a body, in the columns' order; a new row has no id.
pub const fn fields<const N: usize>(columns: &'static [Column], body: BodyKind) -> [Field; N] {
    let mut fields = [Field::optional("", ValueKind::Object); N];
    let (mut rest, mut columns) = (fields.as_mut_slice(), columns);
    while let [column, others @ ..] = columns {
        columns = others;
        if matches!(body, BodyKind::New) && column.is_id() {
            continue;
        }
        rest = match rest {
            [field, rest @ ..] => {
                *field = property(column, body);
                rest
            }
            [] => &mut [],
        };
    }
    fields
}

const fn property(column: &Column, body: BodyKind) -> Field {
    Field {
        name: column.property,
        kind: match column.kind {
            ColumnKind::Boolean => ValueKind::Boolean,
            ColumnKind::Integer => ValueKind::Number,
            ColumnKind::Time => ValueKind::DateTime,
            ColumnKind::Date | ColumnKind::Text | ColumnKind::Secret => ValueKind::String,
            ColumnKind::Texts => ValueKind::Strings,
            ColumnKind::Object => ValueKind::Object,
        },
        required: column.required && !matches!(body, BodyKind::Partial),
        // The original's model of a new row has no null for what the body sets.
        nullable: column.nullable && !(matches!(body, BodyKind::New) && column.limit.is_some()),
    }
}
