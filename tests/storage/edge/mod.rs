//! What the store knows of `src/edge`.

pub mod app;
pub mod store;
