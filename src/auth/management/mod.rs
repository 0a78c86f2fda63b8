//! What administrators manage: the tables, the permissions, and who may do what to whom.

pub mod composite;
pub mod permission;
pub mod resource;
pub mod tables;
