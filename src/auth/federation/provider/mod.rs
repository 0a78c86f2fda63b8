//! What there is to know of each provider: its row, its settings, its endpoints.

pub mod apple;
pub mod audience;
pub mod config;
pub mod discovery;
pub mod endpoints;
pub mod prompt;
pub mod providers;
pub mod spec;
