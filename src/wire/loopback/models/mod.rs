//! The ARC API's bodies: the tables that requests are checked against, and what is read or written.

mod accounts;
mod factors;
mod own_factors;
mod profile;
mod sign_in;

pub use accounts::*;
pub use factors::*;
pub use own_factors::*;
pub use profile::read_profile;
pub use sign_in::*;
