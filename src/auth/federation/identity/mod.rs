//! The identity that a provider has authenticated: its claims, its profile, and what it may do here.

pub mod claims;
pub mod id_token;
pub mod id_token_proof;
pub mod names;
pub mod policy;
pub mod profile;
pub mod userinfo;
