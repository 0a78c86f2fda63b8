//! The ARC API as it is on the wire: LoopBack's JSON, its closed models and its error envelope.

pub mod auth_clients;
pub mod auth_user;
pub mod envelope;
pub mod filter;
pub mod models;
pub mod validate;
