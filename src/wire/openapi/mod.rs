//! The `OpenAPI` 3.1 document of the whole service, made from the models that validate bodies and from the
//! descriptions of tables, so that it cannot say otherwise than the code does.

mod document;
mod operation;
mod operations;
mod parameters;
mod schema;

pub use document::document;
