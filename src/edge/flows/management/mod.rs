//! Management: who may, and the operations on tenants, people, roles, groups and clients.

pub mod access;
pub mod activity;
pub mod actor;
pub mod asking;
pub mod branding;
pub mod directory;
pub mod factors;
pub mod import;
mod import_places;
pub mod links;
pub mod members;
pub mod oauth_side;
pub mod outcome;
pub mod people;
pub mod person;
pub mod place;
pub mod reads;
pub mod records;
mod rights;
mod target;
pub mod trail;
