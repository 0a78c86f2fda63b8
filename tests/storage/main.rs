//! The worker's own SQL on SQLite with the real migrations: the files of `src/edge/store` are compiled
//! here once more, over a database that is SQLite in place of D1.

// All of this is test code, which clippy knows of its `#[test]` functions only; and the files of the
// store have more in them than is asked here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code
)]

pub use edgelatch::{auth, config, error, wire};

mod attempts;
mod edge;
mod limits;
mod people;
mod plans;
mod stand_ins;
mod tour;
