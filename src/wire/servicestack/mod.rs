//! The ServiceStack surface as it is on the wire: whose call it is, what it asks, and how the
//! answer is written.
//!
//! The formats are codecs over [`serde_json::Value`]: [`jsv`], [`xml`], [`csv`], and JSON itself.

pub mod csv;
pub mod failure;
pub mod form;
pub mod format;
pub mod jsv;
pub mod xml;

/// How deep a document may nest; the DTOs need three levels.
pub const MAX_DEPTH: usize = 32;

/// How many values a document may have, so that a body of commas does not become megabytes of nulls.
pub const MAX_VALUES: usize = 10_000;

/// Why a text is not a document of its format, in words that repeat nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

/// A member's name as .NET declares it; JSON and JSV write it with a small first letter.
fn pascal_case(name: &str) -> String {
    let mut chars = name.chars();
    let first = chars.next().map(|char| char.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
