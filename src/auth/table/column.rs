//! Columns, and the properties that they are in the API.

/// A table, or rows that are joined to one, as an API shows them.
#[derive(Debug)]
pub struct Table {
    /// The name that refusals give its rows.
    pub entity: &'static str,
    /// What statements select from: a table, or several that are joined.
    pub source: &'static str,
    /// Every column, in the order of the API document.
    pub columns: &'static [Column],
}

/// A column, and the property that it is in the API.
#[derive(Clone, Copy)]
pub struct Column {
    /// The name on the wire.
    pub property: &'static str,
    /// The name in SQL.
    pub name: &'static str,
    /// The expression in SQL that gives its value: the name, or more where tables are joined.
    pub sql: &'static str,
    /// The type of its values.
    pub kind: ColumnKind,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether a row must have a value in it when it is created.
    pub required: bool,
    /// The values that may be written; nothing where only this service writes the column.
    pub limit: Option<Limit>,
    /// A column that holds its text folded, and that an index serves.
    pub folded: Option<Folded>,
    /// Its place in the table.
    pub(super) index: usize,
}

/// The type of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// 0 or 1.
    Boolean,
    /// A whole number of 32 bits, as in the original's schema.
    Integer,
    /// A moment, in milliseconds since the epoch.
    Time,
    /// A day, as ISO text.
    Date,
    /// Text.
    Text,
    /// A list of texts, stored as JSON; no filter can ask about it.
    Texts,
    /// An object, stored as JSON; no filter can ask about it.
    Object,
    /// The digest of a text, which is never read and no filter can ask about.
    Secret,
}

/// The column that holds a text folded, by which it is found and sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folded {
    /// As [`canonical_name`](crate::auth::account::canonical_name) folds it.
    Name(&'static str),
    /// Trimmed, ASCII letters in lower case: what SQL can do by itself.
    Ascii(&'static str),
    /// As it is.
    Exact(&'static str),
}

impl Folded {
    /// The expression in SQL.
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Name(sql) | Self::Ascii(sql) | Self::Exact(sql) => sql,
        }
    }
}

/// The values that may be written into a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Text of at least one character and at most so many.
    Characters(usize),
    /// Text that is one of these.
    OneOf(&'static [&'static str]),
    /// An e-mail address.
    Address,
    /// A [`RedirectUrl`](crate::auth::redirect_url::RedirectUrl) of at most so many characters.
    RedirectUrl(usize),
    /// An http or https URL of at most so many characters.
    WebUrl(usize),
    /// Whole numbers from one to this.
    UpTo(i64),
    /// Whole numbers from the first to the second.
    Between(i64, i64),
    /// True and false.
    Flag,
    /// A day, also with a time, which is left out.
    Day,
    /// At most so many texts, each of 1 to 150 characters.
    Texts(usize),
    /// An object of at most so many bytes as JSON.
    Object(usize),
}

impl Table {
    /// The column of a property.
    pub fn of_property(&self, property: &str) -> Option<&'static Column> {
        self.columns
            .iter()
            .find(|column| column.property == property)
    }

    /// The column of a name in SQL.
    pub fn of_name(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The expression of the rows' ids.
    pub fn id(&self) -> &'static str {
        self.of_name("id").map_or("id", |column| column.sql)
    }
}

impl Column {
    /// A column that only this service writes.
    pub const fn own(property: &'static str, name: &'static str, kind: ColumnKind) -> Self {
        Self {
            property,
            name,
            sql: name,
            kind,
            nullable: false,
            required: false,
            limit: None,
            folded: None,
            index: 0,
        }
    }

    /// A column that every row has a value in.
    pub const fn required(
        property: &'static str,
        name: &'static str,
        kind: ColumnKind,
        limit: Limit,
    ) -> Self {
        Self {
            required: true,
            limit: Some(limit),
            ..Self::own(property, name, kind)
        }
    }

    /// A column that a row may have a value in.
    pub const fn optional(
        property: &'static str,
        name: &'static str,
        kind: ColumnKind,
        limit: Limit,
    ) -> Self {
        Self {
            nullable: true,
            limit: Some(limit),
            ..Self::own(property, name, kind)
        }
    }

    /// The same, which may be null.
    #[must_use]
    pub const fn or_null(self) -> Self {
        Self {
            nullable: true,
            ..self
        }
    }

    /// The same, with a value also where nobody gives it one.
    #[must_use]
    pub const fn or_default(self) -> Self {
        Self {
            required: false,
            nullable: false,
            ..self
        }
    }

    /// The same, found by another expression than its name.
    #[must_use]
    pub const fn at(self, sql: &'static str) -> Self {
        Self { sql, ..self }
    }

    /// The same, with its folded twin.
    #[must_use]
    pub const fn folded(self, folded: Folded) -> Self {
        Self {
            folded: Some(folded),
            ..self
        }
    }

    /// Whether it holds the row's id, which no body sets.
    pub const fn is_id(&self) -> bool {
        matches!(self.name.as_bytes(), b"id")
    }

    /// Whether filters can ask about it.
    pub const fn is_comparable(&self) -> bool {
        !matches!(
            self.kind,
            ColumnKind::Secret | ColumnKind::Texts | ColumnKind::Object
        )
    }
}

/// The columns, each with its place.
pub const fn numbered<const N: usize>(mut columns: [Column; N]) -> [Column; N] {
    let mut rest = columns.as_mut_slice();
    let mut index = 0;
    while let Some((column, more)) = rest.split_first_mut() {
        column.index = index;
        index += 1;
        rest = more;
    }
    columns
}

impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && self.property == other.property
    }
}

impl std::fmt::Debug for Column {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
