//! What happens, whoever asked: each flow serves both families of clients.
//!
//! The proofs of who is calling ([`credentials::CallingClient`], [`credentials::SignedIn`],
//! [`credentials::Bearer`]) can only be made here, and what acts asks for them.

pub mod administration;
pub mod audit;
pub mod codes;
pub mod credentials;
pub mod notices;
pub mod one_time_passwords;
pub mod password_reset;
pub mod passwords;
pub mod provider_tokens;
pub mod sessions;
pub mod sign_up;
pub mod social;
pub mod standing_sessions;
