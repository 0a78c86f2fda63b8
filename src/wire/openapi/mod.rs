//! The `OpenAPI` 3.1 document of the whole service, made from the models that validate bodies and from the
//! descriptions of tables, so that it cannot say otherwise than the code does.
//!
//! Compiled natively only: the worker serves `openapi.json`, a static asset that `tests/openapi.rs` holds
//! to the tables.

mod client_metadata;
mod document;
mod operation;
mod operations;
mod parameters;
mod schema;

pub use document::document;
