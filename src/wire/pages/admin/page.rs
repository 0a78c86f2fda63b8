//! The one page of the administration: a heading with ways on, filters, facts, a form, and tables.

use askama::Template;

use super::value::Shown;
use crate::wire::pages::Frame;
use crate::wire::pages::account::Shell;
use crate::wire::pages::ask::Way;
use crate::wire::texts::{Label, Locale};

/// A page of the administration.
#[derive(Template)]
#[template(path = "admin.html", config = "src/wire/pages/askama.toml")]
pub struct AdminPage {
    /// Around it.
    pub frame: Frame,
    /// The navigation.
    pub shell: Shell,
    /// Words of every page.
    pub words: Words,
    /// The way to the list that it belongs to.
    pub up: Option<Way>,
    /// The heading.
    pub title: String,
    /// Below it.
    pub lead: String,
    /// What can be done here, the usual first.
    pub ways: Vec<Way>,
    /// What can be done that ends something.
    pub dangers: Vec<Way>,
    /// The filters of a list.
    pub filters: Option<Filters>,
    /// Names and values.
    pub facts: Vec<(&'static str, Shown)>,
    /// What is typed.
    pub form: Option<FormView>,
    /// Lists.
    pub tables: Vec<TableView>,
}

/// Something to choose: its value, its name, and whether it is chosen.
pub type Chosen = (&'static str, &'static str, bool);

/// The filters of a list.
pub struct Filters {
    /// Where they go.
    pub action: String,
    /// What was searched for.
    pub text: String,
    /// Columns that are searched.
    pub columns: Vec<Chosen>,
    /// What the choice is called, and its options.
    pub choice: Option<(&'static str, Vec<Chosen>)>,
}

/// Rows.
pub struct TableView {
    /// What they are called, beside others.
    pub title: &'static str,
    /// Whether that is shown: not where it is the page's own heading.
    pub has_title: bool,
    /// What stands beside the title.
    pub way: Option<Way>,
    /// The columns.
    pub columns: Vec<&'static str>,
    /// The rows.
    pub rows: Vec<RowView>,
    /// What stands there instead of rows.
    pub empty: &'static str,
    /// Which of how many.
    pub range: String,
    /// The page before.
    pub previous: Option<String>,
    /// The page after.
    pub next: Option<String>,
}

/// A row.
pub struct RowView {
    /// What it is known by.
    pub name: String,
    /// Below that.
    pub under: String,
    /// Its page.
    pub href: Option<String>,
    /// The other columns.
    pub cells: Vec<(&'static str, Shown)>,
    /// What can be done with it.
    pub way: Option<Way>,
}

/// A form.
pub struct FormView {
    /// Where it goes.
    pub action: String,
    /// Its token.
    pub token: String,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// The button.
    pub submit: &'static str,
    /// Whether something ends by it.
    pub is_danger: bool,
    /// The way back.
    pub cancel: String,
}

/// A field.
pub struct FieldView {
    /// Its name.
    pub name: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// Below it.
    pub hint: Option<&'static str>,
    /// What is wrong with it.
    pub error: Option<&'static str>,
    /// What it holds.
    pub value: String,
    /// How it is typed.
    pub kind: FieldKind,
    /// The most characters.
    pub most: usize,
    /// Whether it may not be empty.
    pub is_required: bool,
    /// Whether it is typed into first.
    pub is_first: bool,
}

/// How something is typed.
pub enum FieldKind {
    /// In a line, of this type.
    Line(&'static str),
    /// In several lines.
    Text,
    /// By choosing: value and name.
    Choice(Vec<(String, String)>),
    /// By ticking.
    Flag,
}

/// Words of every such page.
pub struct Words {
    /// Before what is searched for.
    pub search_for: &'static str,
    /// Before the column that is searched.
    pub search_in: &'static str,
    /// The button that searches.
    pub search: &'static str,
    /// The link to the page before.
    pub previous: &'static str,
    /// The link to the page after.
    pub next: &'static str,
}

impl Words {
    /// Those of a language.
    pub const fn of(locale: Locale) -> Self {
        Self {
            search_for: Label::SearchFor.of(locale),
            search_in: Label::SearchIn.of(locale),
            search: Label::Search.of(locale),
            previous: Label::Previous.of(locale),
            next: Label::Next.of(locale),
        }
    }
}
