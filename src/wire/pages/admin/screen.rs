//! What a screen of the administration is: plain tables, over the tables that the API validates by.

use crate::auth::management::permission::Permission;
use crate::auth::table::column::Table;
use crate::wire::incoming::Method;
use crate::wire::texts::Label;

/// A list, and the page of each of its rows.
pub struct Screen {
    /// Its path behind `/admin`; a segment in braces stands for any.
    pub path: &'static str,
    /// What it is called.
    pub title: Label,
    /// The table of its rows, from which the inputs of forms follow.
    pub table: &'static Table,
    /// Any of these permissions lets somebody see it.
    pub view: &'static [Permission],
    /// Whether it has a place in the navigation.
    pub is_place: bool,
    /// Its rows.
    pub list: List,
    /// What the page of a row shows.
    pub facts: &'static [Show],
    /// What belongs to a row.
    pub cards: &'static [Card],
    /// Other lists of a row: their names, and what follows the row's path.
    pub lists: &'static [(Label, &'static str)],
    /// What can be done: to the list, to a row, to an item of a row's card.
    pub steps: &'static [Step],
}

/// Rows that the API lists.
pub struct List {
    /// The path at the API. `{1}` is the second segment of the page's path, `{name}` a property of
    /// the row, a field of the form, or `item` of the query.
    pub api: &'static str,
    /// The path of one row, where the API has one that is found faster than by a filter.
    pub one: Option<&'static str>,
    /// The property that names a row in paths.
    pub id: &'static str,
    /// The properties that people know a row by.
    pub name: &'static [&'static str],
    /// Below the name.
    pub under: Option<&'static str>,
    /// The first column's name, and the others.
    pub columns: (Label, &'static [Show]),
    /// The order, unless the API's own does.
    pub order: Option<&'static str>,
    /// Whether the API counts them.
    pub is_counted: bool,
    /// Whether the API lists them all at once, without a filter.
    pub is_whole: bool,
    /// The columns that are searched.
    pub search: &'static [Search],
    /// A choice of some rows.
    pub choice: Option<&'static Choice>,
}

/// A column, or a fact.
pub struct Show {
    /// The property.
    pub property: &'static str,
    /// What it is called.
    pub label: Label,
    /// How it is shown.
    pub how: How,
}

/// How a value is shown.
#[derive(Clone, Copy)]
pub enum How {
    /// As it is.
    Plain,
    /// A time.
    Moment,
    /// A date.
    Day,
    /// A word for each number or text.
    Words(&'static [Word]),
}

/// A word for a value.
pub struct Word {
    /// The value, as JSON.
    pub value: &'static str,
    /// The word.
    pub label: Label,
    /// How it looks.
    pub tone: &'static str,
}

/// A column that is searched.
pub struct Search {
    /// The property.
    pub property: &'static str,
    /// What it is called.
    pub label: Label,
    /// Whether the beginning of a text is asked for, or the whole.
    pub begins: bool,
}

/// A choice of some rows.
pub struct Choice {
    /// What it is about.
    pub label: Label,
    /// Each: its name in the query, what it is called, and its condition as JSON.
    pub options: &'static [(&'static str, Label, &'static str)],
}

/// What belongs to a row.
pub struct Card {
    /// What it is called.
    pub title: Label,
    /// Its rows.
    pub list: List,
    /// Whether its rows are only references: the property, and where the API lists what they refer to.
    pub refers: Option<(&'static str, &'static str)>,
    /// The step that each of its rows has.
    pub step: &'static str,
}

/// Something that can be done, with a page that asks for it.
pub struct Step {
    /// Its name in the query.
    pub name: &'static str,
    /// To what.
    pub to: To,
    /// The button, and the heading.
    pub label: Label,
    /// What it does, and what ends by it.
    pub lead: Label,
    /// Whether something ends by it.
    pub is_danger: bool,
    /// Any of these permissions lets somebody do it.
    pub may: &'static [Permission],
    /// The property that has one of these values, as JSON, where it can be done.
    pub when: Option<(&'static str, &'static [&'static str])>,
    /// What is typed.
    pub fields: &'static [Field],
    /// What is asked of the API.
    pub call: Call,
}

/// What a step is done to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// The list: it gets a row.
    List,
    /// A row, which is there afterwards.
    Row,
    /// A row, which is gone afterwards.
    RowAway,
    /// An item of a card.
    Item,
}

/// What is asked of the API.
pub struct Call {
    /// The method.
    pub method: Method,
    /// The path, as in [`List::api`].
    pub path: &'static str,
    /// What `where` says the id is.
    pub only: Option<&'static str>,
    /// Values that are always sent, as JSON.
    pub always: &'static [(&'static str, &'static str)],
    /// Properties of the row that are sent along.
    pub copied: &'static [&'static str],
    /// Secrets that are drawn, sent, and shown once.
    pub drawn: &'static [(&'static str, Label)],
    /// Where the present values of the fields are read, if they are not the row's.
    pub source: Option<&'static str>,
    /// Whether all fields are sent, or those that change.
    pub is_whole: bool,
    /// Properties that no field is for and that are sent as they were read, since the operation replaces
    /// everything.
    pub keeps: &'static [&'static str],
}

/// Something that is typed.
pub struct Field {
    /// The property.
    pub property: &'static str,
    /// What it is called.
    pub label: Label,
    /// Below it.
    pub hint: Option<Label>,
    /// How it is typed.
    pub input: Input,
    /// What it holds at first.
    pub default: &'static str,
}

/// How something is typed.
#[derive(Clone, Copy)]
pub enum Input {
    /// As the column of the table says.
    Column,
    /// A line of at most so many characters.
    Line(usize),
    /// A text of at most so many characters.
    Text(usize),
    /// A list of texts, each on its line.
    Lines,
    /// JSON.
    Json,
    /// One of some words.
    Words(&'static [Word]),
    /// A row of a list of the API, by its name.
    Row(&'static str),
    /// A box to tick.
    Flag,
}

impl Screen {
    /// The step of a name.
    pub fn step(&self, name: &str) -> Option<&'static Step> {
        let mut steps = self.steps.iter();
        steps.find(|step| step.name == name)
    }

    /// Whether some permissions let somebody see it.
    pub fn is_seen_by(&self, held: &[String]) -> bool {
        self.view.iter().any(|wanted| wanted.is_held(held))
    }
}

impl Step {
    /// What its form's token is made for.
    pub fn action(&self) -> String {
        format!("/admin?step={}", self.name)
    }

    /// Whether some permissions let somebody do it.
    pub fn is_for(&self, held: &[String]) -> bool {
        self.may.iter().any(|wanted| wanted.is_held(held))
    }
}
