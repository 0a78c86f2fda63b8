//! Second factors and passkeys: a sign-in that waits for one, a sign-in by one alone, a fresh proof in a
//! session, and what users do with their own.

pub mod apps;
pub mod at_pages;
pub mod by_name;
mod completion;
pub mod own;
mod passkey;
pub mod passkeys;
pub mod proof;
pub mod registration;
pub mod second_factor;
pub mod trusted_devices;
