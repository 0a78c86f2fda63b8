//! Second factors and passkeys in the ARC API: of sign-ins, and of users themselves.

pub mod own;
pub mod passkey;
pub mod second_step;
pub mod trusted_devices;
