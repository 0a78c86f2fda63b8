//! What the body of a call holds.

use std::fmt;

use serde_json::{Map, Value};

use crate::wire::document::Pairs;

/// What a body holds, names and values as they were sent.
#[derive(Clone, PartialEq)]
pub enum Content {
    /// No body, or none that is read here.
    Nothing,
    /// One DTO.
    Document(Map<String, Value>),
    /// The DTOs of a batch.
    Batch(Vec<Map<String, Value>>),
    /// A form's fields.
    Form(Pairs),
}

impl Content {
    /// The names of its members or fields.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Document(members) => members.keys().map(String::as_str).collect(),
            Self::Form(pairs) => pairs.iter().map(|(name, _)| name.as_str()).collect(),
            Self::Nothing | Self::Batch(_) => Vec::new(),
        }
    }
}

/// Prints what kind it is: it may hold secrets.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Document(_) => "Document",
            Self::Batch(_) => "Batch",
            Self::Form(_) => "Form",
        })
    }
}
