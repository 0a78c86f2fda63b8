//! A forgotten password: ask for a link, look at it, set a new password with it.

mod ask;
mod rules;
mod set;

pub use ask::{ask, ask_here, send_to};
pub use set::{NewPassword, check, look, set, set_here};
