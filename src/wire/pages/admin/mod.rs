//! The administration: screens as plain tables, the one page that shows them, and what its forms send.
//!
//! Every screen is a client of the management API: it lists with the API's filters, and a form becomes
//! the body of an operation. So no rule stands twice.

pub mod all;
pub mod body;
mod clients;
pub mod filter;
mod logs;
pub mod page;
pub mod path;
mod people;
mod people_steps;
mod people_words;
mod plain;
pub mod problem;
mod roles;
pub mod screen;
mod tenants;
pub mod value;
