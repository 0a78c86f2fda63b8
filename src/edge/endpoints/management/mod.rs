//! The management API, in the shapes of ARC's user-tenant-service.

pub mod activity;
pub mod events;
pub mod members;
pub mod people;
pub mod person;
pub mod records;
