//! The three body models of auth clients, each derived from the columns.
//!
//! What only this service writes (`deleted`, `createdOn`, …) is the models' too, so that an answer can
//! be sent back; it is checked and then ignored.

use crate::auth::client::column::{COLUMNS, Column, ColumnKind};
use crate::wire::loopback::validate::{Field, Model, ValueKind};

/// `AuthClientExcluding_id_`, the body of POST.
pub const AUTH_CLIENT_EXCLUDING_ID: Model = Model {
    fields: &fields::<{ COLUMNS.len() - 1 }>(ClientBody::New),
    closed: true,
};

/// `AuthClient`, the body of PUT; `redirectUrl` may be null, as reads show it.
pub const AUTH_CLIENT: Model = Model {
    fields: &fields::<{ COLUMNS.len() }>(ClientBody::Replacement),
    closed: true,
};

/// `AuthClientPartial`, the body of both `PATCH` operations.
pub const AUTH_CLIENT_PARTIAL: Model = Model {
    fields: &fields::<{ COLUMNS.len() }>(ClientBody::Update),
    closed: true,
};

#[derive(Clone, Copy)]
enum ClientBody {
    New,
    Replacement,
    Update,
}

/// The properties of a body, in the columns' order; a new client has no id.
const fn fields<const N: usize>(body: ClientBody) -> [Field; N] {
    let mut fields = [Field::optional("", ValueKind::Object); N];
    let (mut rest, mut columns) = (fields.as_mut_slice(), COLUMNS);
    while let [column, others @ ..] = columns {
        columns = others;
        if matches!(body, ClientBody::New) && column.is_id() {
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

const fn property(column: &Column, body: ClientBody) -> Field {
    Field {
        name: column.property,
        kind: match column.kind {
            ColumnKind::Boolean => ValueKind::Boolean,
            ColumnKind::Integer => ValueKind::Number,
            ColumnKind::Time => ValueKind::DateTime,
            ColumnKind::Text | ColumnKind::Secret => ValueKind::String,
        },
        required: column.required && !matches!(body, ClientBody::Update),
        // The original's model of a new client has no null for what the body sets.
        nullable: column.nullable && !(matches!(body, ClientBody::New) && column.limit.is_some()),
    }
}
