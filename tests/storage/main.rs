//! The worker's own SQL on SQLite with the real migrations.

// All of this is test code, which clippy knows of its `#[test]` functions only.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use edgelatch::testing::{auth, config, error, store, wire};

mod attempts;
mod columns;
mod factors;
mod factors_at_pages;
mod imports;
mod limits;
mod managed;
mod managed_factors;
mod management;
mod migrations;
mod oauth;
mod oauth_people;
mod outbox;
mod pages;
mod people;
mod plans;
mod refresh;
mod schema;
mod sqlite;
mod stand_ins;
mod sweep;
mod tour;
mod trusted_devices;
