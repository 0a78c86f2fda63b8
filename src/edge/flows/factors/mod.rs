//! Second factors and passkeys: a sign-in that waits for one, a sign-in by one alone, a fresh proof in a
//! session, and what users do with their own.

pub mod apps;
pub mod at_pages;
pub mod by_name;
pub mod changes;
mod completion;
pub mod holder;
pub mod own;
mod passkey;
pub mod passkeys;
pub mod passkeys_at_pages;
pub mod proof;
pub mod proof_at_pages;
pub mod registration;
pub mod second_factor;
pub mod trusted_devices;
