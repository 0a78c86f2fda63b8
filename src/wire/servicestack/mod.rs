//! The ServiceStack surface as it is on the wire: whose call it is, what it asks, and how the
//! answer is written.
//!
//! An endpoint goes through the files in this order: [`recognise`] says that the call is
//! ServiceStack's and what it is for, reads its [`body`] once into [`content`] ([`method`] may be
//! in it), and chooses how the answer is written ([`negotiation`]); [`csrf`] refuses browsers of
//! other sites; [`bind`] fills the [`dto`] from body, path, query and form; [`intent`] says what
//! the caller wants; a flow does it; [`envelope`] writes the answer, or the [`failure`], in the
//! call's format. [`cookies`] and [`return_url`] are for what travels beside the DTOs.
//!
//! The formats are codecs over [`serde_json::Value`]: [`jsv`], [`xml`], [`csv`], and JSON, which is
//! [`crate::wire::document::json`].

pub mod admin;
pub mod bind;
pub mod body;
pub mod call;
pub mod content;
pub mod cookies;
pub mod csrf;
pub mod csv;
pub mod dto;
pub mod envelope;
pub mod failure;
pub mod form;
pub mod format;
pub mod intent;
pub mod jsv;
pub mod method;
pub mod negotiation;
pub mod recognise;
pub mod return_url;
pub mod xml;

/// A member's name as .NET declares it; JSON and JSV write it with a small first letter.
fn pascal_case(name: &str) -> String {
    let mut chars = name.chars();
    let first = chars.next().map(|char| char.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
