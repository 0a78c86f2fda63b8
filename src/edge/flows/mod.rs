//! The operations: each flow serves both families of clients.
//!
//! The proofs of authentication ([`credentials::AuthenticatedClient`],
//! [`credentials::AuthenticatedUser`], [`credentials::Bearer`]) can only be made here, and the
//! flows that act require them.

pub mod administration;
pub mod audit;
pub mod browsers;
pub mod codes;
pub mod credentials;
pub mod email_change;
pub mod email_codes;
pub mod events;
pub mod factors;
pub mod management;
pub mod moving_out;
pub mod non_rotating_sessions;
pub mod notifications;
pub mod oauth;
pub mod one_time_passwords;
pub mod own_account;
pub mod own_sessions;
pub mod password_reset;
pub mod passwords;
pub mod provider_tokens;
pub mod sessions;
pub mod sign_up;
pub mod social;
mod waiting;
