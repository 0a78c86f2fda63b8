//! Parts of screens that say nothing special: what the tables of screens begin with.

use super::screen::{Call, Field, How, Input, List, Show, Step, To, Word};
use crate::auth::management::permission::NOT_ALLOWED;
use crate::wire::incoming::Method;
use crate::wire::texts::Label;

/// A list of rows that are named by `id`.
pub const LIST: List = List {
    api: "",
    one: None,
    id: "id",
    name: &["name"],
    under: None,
    columns: (Label::Name, &[]),
    order: None,
    is_counted: false,
    is_whole: false,
    search: &[],
    choice: None,
};

/// A change of a row by who may administer everything.
pub const STEP: Step = Step {
    name: "",
    to: To::Row,
    label: Label::Edit,
    lead: Label::EditLead,
    is_danger: false,
    may: &[NOT_ALLOWED],
    when: None,
    fields: &[],
    call: PATCH,
};

/// A step that edits a row.
pub const EDIT: Step = Step {
    name: "edit",
    ..STEP
};

/// A step by which something ends.
pub const DANGER: Step = Step {
    is_danger: true,
    ..STEP
};

/// A step that deletes a row.
pub const DELETION: Step = Step {
    name: "delete",
    to: To::RowAway,
    label: Label::Delete,
    call: DELETE,
    ..DANGER
};

/// A step that creates a row.
pub const NEW: Step = Step {
    name: "new",
    to: To::List,
    call: POST,
    ..STEP
};

/// PATCH
pub const PATCH: Call = Call {
    method: Method::Patch,
    path: "",
    only: None,
    always: &[],
    copied: &[],
    drawn: &[],
    source: None,
    is_whole: false,
    keeps: &[],
};

/// POST
pub const POST: Call = Call {
    method: Method::Post,
    is_whole: true,
    ..PATCH
};

/// PUT
pub const PUT: Call = Call {
    method: Method::Put,
    ..POST
};

/// DELETE
pub const DELETE: Call = Call {
    method: Method::Delete,
    ..PATCH
};

/// A value as it is.
pub const fn plain(property: &'static str, label: Label) -> Show {
    Show {
        property,
        label,
        how: How::Plain,
    }
}

/// A date.
pub const fn day(property: &'static str, label: Label) -> Show {
    Show {
        property,
        label,
        how: How::Day,
    }
}

/// A time.
pub const fn moment(property: &'static str, label: Label) -> Show {
    Show {
        property,
        label,
        how: How::Moment,
    }
}

/// A value that has a word.
pub const fn worded(property: &'static str, label: Label, words: &'static [Word]) -> Show {
    Show {
        property,
        label,
        how: How::Words(words),
    }
}

/// A field that is typed as its column says.
pub const fn typed(property: &'static str, label: Label) -> Field {
    Field {
        property,
        label,
        hint: None,
        input: Input::Column,
        default: "",
    }
}

/// The same with a hint.
pub const fn hinted(property: &'static str, label: Label, hint: Label) -> Field {
    Field {
        hint: Some(hint),
        ..typed(property, label)
    }
}

/// A field that is typed in another way than its column says.
pub const fn given(property: &'static str, label: Label, input: Input) -> Field {
    Field {
        input,
        ..typed(property, label)
    }
}

/// A word for a value.
pub const fn word(value: &'static str, label: Label, tone: &'static str) -> Word {
    Word { value, label, tone }
}
