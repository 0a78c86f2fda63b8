//! The ARC API's bodies: the tables that requests are checked against, and what is read or written.

mod accounts;
mod profile;
mod sign_in;

pub use accounts::*;
pub use profile::read_profile;
pub use sign_in::*;
