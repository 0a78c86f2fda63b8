//! The ARC API as it is on the wire: LoopBack's JSON, its closed models and its error envelope.

pub mod active_users;
pub mod auth_user;
pub mod client_body;
pub mod detail;
pub mod envelope;
pub mod failure;
pub mod filter;
pub mod import;
pub mod management;
pub mod models;
pub mod records;
mod rejection;
pub mod request;
pub mod validate;
